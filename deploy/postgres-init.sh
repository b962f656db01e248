#!/bin/sh
# Makes the roles and logins in a new database; PostgreSQL's image runs it once.
# The owner's login migrates; the application's login is a member of meguri_app and nothing else, the
# sealer's of meguri_sealer and nothing else: only the worker gets that one. meguri_city,
# meguri_matcher and meguri_sender have no login: the application becomes the first for queries of the
# campaigns and city roles, the others to find out whom a notice concerns and to send it.
set -eu
: "${OWNER_PASSWORD:?}" "${APP_PASSWORD:?}" "${SEALER_PASSWORD:?}"
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv sealer_password SEALER_PASSWORD
SELECT current_database() AS database \gset
BEGIN;
CREATE ROLE meguri_owner NOLOGIN;
CREATE ROLE meguri_app NOLOGIN;
CREATE ROLE meguri_sealer NOLOGIN;
CREATE ROLE meguri_city NOLOGIN;
CREATE ROLE meguri_matcher NOLOGIN;
CREATE ROLE meguri_sender NOLOGIN;
GRANT meguri_city, meguri_matcher, meguri_sender TO meguri_app WITH INHERIT FALSE, SET TRUE;
CREATE ROLE meguri_owner_login LOGIN PASSWORD :'owner_password';
CREATE ROLE meguri_app_login LOGIN PASSWORD :'app_password';
CREATE ROLE meguri_sealer_login LOGIN PASSWORD :'sealer_password';
GRANT meguri_owner TO meguri_owner_login;
GRANT meguri_app TO meguri_app_login;
GRANT meguri_sealer TO meguri_sealer_login;
ALTER ROLE meguri_owner_login SET role = 'meguri_owner';
ALTER ROLE meguri_app_login SET role = 'meguri_app';
ALTER ROLE meguri_sealer_login SET role = 'meguri_sealer';
ALTER DATABASE :"database" OWNER TO meguri_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO meguri_app, meguri_sealer;
COMMIT;
SQL
