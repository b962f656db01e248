# The image of every process of Meguri: `docker build -t meguri .`
FROM python:3.13-slim AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /build && /build/bin/pip install --require-hashes -r requirements-dev.lock \
 && python -m venv /meguri && /meguri/bin/pip install --require-hashes -r requirements.lock
COPY . .
RUN /build/bin/python -m hatchling build -t wheel -d /wheel \
 && /meguri/bin/pip install --no-deps /wheel/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent meguri \
 && install -d -o meguri -g meguri -m 0700 /var/lib/meguri /keys /vault /seal-keys \
 && install -d -o meguri -g meguri -m 0755 /published
COPY --from=build /meguri /meguri
ENV PATH=/meguri/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MEGURI_DATA_DIR=/var/lib/meguri MEGURI_KEYS_FILE=/keys/keys.json \
    MEGURI_VAULT_KEY_FILE=/vault/vault-key.txt \
    MEGURI_SEAL_KEYS_FILE=/seal-keys/seal-keys.json
USER 10001:10001
WORKDIR /var/lib/meguri
EXPOSE 8000
ENTRYPOINT ["meguri"]
CMD ["serve", "--host", "0.0.0.0"]
