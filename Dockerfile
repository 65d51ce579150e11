# The service for PostgreSQL or SQLite, with TLS to a managed PostgreSQL (feature pg-tls).
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked --features pg-tls --bin ocop-link

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /data ocop-link
COPY --from=build /build/target/release/ocop-link /usr/local/bin/ocop-link
USER ocop-link
WORKDIR /data
VOLUME /data
ENV OCOP_LINK_HOST=0.0.0.0 \
    OCOP_LINK_PORT=8080 \
    OCOP_LINK_DATABASE_URL=sqlite:/data/ocop-link.db
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["ocop-link"]
CMD ["serve"]
