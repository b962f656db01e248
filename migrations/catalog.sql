-- What PostgreSQL's own catalogs say of each object in the schemas $1: its name, and what it is.
--
-- It reads the same on PostgreSQL 15 to 18. The owner's own rights are left out, and so is who else
-- may read; partitions, which come month by month, are told under the name of their table.
WITH named AS (
    SELECT oid, oid::regnamespace::text AS schema, nspowner, nspacl FROM pg_namespace
     WHERE nspname = ANY ($1)
), relation AS (
    SELECT c.*, CASE WHEN c.relispartition
                     THEN (SELECT inhparent::regclass::text || '_*' FROM pg_inherits
                            WHERE inhrelid = c.oid)
                     ELSE c.oid::regclass::text END AS called
      FROM pg_class c JOIN named n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), granted(object, owner, rights) AS (
    SELECT 'schema ' || schema, nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM named
     UNION ALL
    SELECT called, relowner,
           coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
      FROM relation
     UNION ALL
    SELECT called || '.' || attname, relowner, attacl
      FROM relation JOIN pg_attribute a ON a.attrelid = relation.oid
     WHERE attnum > 0 AND NOT attisdropped AND attacl IS NOT NULL
     UNION ALL
    SELECT schema || '.' || proname, proowner, coalesce(proacl, acldefault('f', proowner))
      FROM pg_proc p JOIN named n ON n.oid = p.pronamespace
)
SELECT 'schema ' || schema AS object, nspowner::regrole::text AS said FROM named
 UNION ALL
SELECT 'rights of ' || CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END
           || ' on ' || object,
       string_agg(privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END, ','
                  ORDER BY privilege_type)
  FROM granted CROSS JOIN LATERAL aclexplode(rights) g
 WHERE g.grantee <> owner
   AND (g.grantee = 0 OR g.grantee::regrole::text = ANY ($2)
        OR privilege_type NOT IN ('SELECT', 'USAGE'))
 GROUP BY object, g.grantee
 UNION ALL
SELECT 'default rights of ' || defaclrole::regrole, concat(defaclobjtype, defaclacl)
  FROM pg_default_acl
 WHERE defaclnamespace = 0 OR defaclnamespace IN (SELECT oid FROM named)
 UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || called,
       concat_ws(' ', relkind, relowner::regrole, relrowsecurity, relforcerowsecurity,
                 relpersistence,
                 CASE WHEN relkind = 'v' THEN reloptions::text || pg_get_viewdef(r.oid) END)
  FROM relation r
 UNION ALL
SELECT 'columns of ' || called,
       string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
                            attidentity, attgenerated, pg_get_expr(adbin, adrelid)),
                  ', ' ORDER BY attnum)
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND attnum > 0 AND NOT attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = attnum
 WHERE relkind IN ('r', 'p', 'f')
 GROUP BY r.oid, called
 UNION ALL
SELECT 'function ' || schema || '.' || proname,
       concat_ws(' ', prokind, p.oid::regprocedure, lanname, proowner::regrole, prosecdef, proconfig, provolatile,
                 proparallel, proisstrict, proleakproof, proretset, prorettype::regtype,
                 proargnames, proargmodes, pg_get_expr(proargdefaults, 0), prosrc, pg_get_function_sqlbody(p.oid))
  FROM pg_proc p
  JOIN named n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
 UNION ALL
SELECT 'trigger ' || tgname || ' on ' || called,
       concat_ws(' ', tgtype, tgenabled, tgfoid::regprocedure, tgdeferrable, tginitdeferred,
                 tgattr, tgargs, tgqual IS NULL, tgoldtable, tgnewtable)
  FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
 WHERE NOT tgisinternal
 UNION ALL
SELECT 'rule ' || rulename || ' on ' || called, pg_get_ruledef(w.oid)
  FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
 WHERE rulename <> '_RETURN'
 UNION ALL
SELECT 'policy ' || polname || ' on ' || called,
       concat_ws(' ', polcmd, polpermissive,
                 ARRAY(SELECT CASE of WHEN 0 THEN 'PUBLIC' ELSE of::regrole::text END
                         FROM unnest(polroles) of ORDER BY 1),
                 pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid))
  FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
 UNION ALL
SELECT 'index ' || indexrelid::regclass || ' of ' || called,
       concat_ws(' ', indisvalid, indisready, indislive, indimmediate,
                 pg_get_indexdef(indexrelid))
  FROM relation r JOIN pg_index i ON i.indrelid = r.oid
 WHERE NOT relispartition
 UNION ALL
-- Triggers of the system carry out references: switched off, nothing is checked any more.
SELECT 'constraint ' || conname || ' of ' || called,
       concat_ws(' ', contype, convalidated, condeferrable, condeferred,
                 NOT EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = c.oid AND tgisinternal
                                AND tgenabled NOT IN ('O', 'A')),
                 pg_get_constraintdef(c.oid))
  FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
 WHERE NOT relispartition AND conparentid = 0 AND contype NOT IN ('n', 't')
 UNION ALL
SELECT 'type ' || t.oid::regtype, concat_ws(' ', typtype, typowner::regrole)
  FROM pg_type t JOIN named n ON n.oid = t.typnamespace
 WHERE typtype IN ('d', 'e', 'r')
 UNION ALL
SELECT 'operator ' || o.oid::regoperator, oprcode::text
  FROM pg_operator o JOIN named n ON n.oid = o.oprnamespace
 UNION ALL
SELECT 'role ' || rolname,
       concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
                 ARRAY(SELECT concat_ws(' ', m.roleid::regrole, m.admin_option,
                                        to_jsonb(m) ->> 'inherit_option')
                         FROM pg_auth_members m WHERE m.member = o.oid ORDER BY 1))
  FROM pg_roles o
 WHERE rolname = ANY ($2)
 UNION ALL
SELECT 'setting of ' || CASE setrole WHEN 0 THEN 'every role' ELSE setrole::regrole::text END, set
  FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) set
 WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND split_part(set, '=', 1) IN ('session_replication_role', 'search_path', 'row_security')
 UNION ALL
SELECT 'setting of the server', name || '=' || reset_val FROM pg_settings
 WHERE name = 'session_replication_role' AND reset_val <> 'origin'
 UNION ALL
SELECT 'kind of entry ' || kind, to_jsonb(k)::text FROM ledger.entry_kind k
 UNION ALL
SELECT 'kind of account ' || kind, to_jsonb(k)::text FROM ledger.account_kind k
