# syntax=docker/dockerfile:1

# Two images: `docker build --target relay .` and `docker build --target sdn .`. Executables are made
# on the machine that builds, whichever kind they are for, so that no step is emulated.
FROM --platform=$BUILDPLATFORM denoland/deno:2.9.6 AS build
WORKDIR /qumo
COPY deno.json deno.lock LICENSE ./
COPY .build/ .build/
COPY shared/ shared/
COPY relay/ relay/
COPY sdn/ sdn/
ARG TARGETARCH
ARG VERSION=dev
ARG COMMIT=none
ARG BUILD_DATE
# Whether the executables can export telemetry is decided when they are made.
ARG OTEL_DENO=false
ARG OTEL_DENO_CONSOLE=replace
# An empty folder that its user may write to becomes the controller's volume, and can be the relay's.
RUN --mount=type=cache,target=/deno-dir \
    case "$TARGETARCH" in amd64) cpu=x86_64 ;; arm64) cpu=aarch64 ;; *) cpu=$(uname -m) ;; esac && \
    deno task compile --target "$cpu-unknown-linux-gnu" --output out && \
    mkdir data

FROM gcr.io/distroless/cc-debian12:nonroot AS relay
COPY --from=build /qumo/LICENSE /LICENSE
COPY --from=build /qumo/out/qumo-relay /usr/local/bin/qumo-relay
# For a volume with the folder of `cache.disk`, which is off as long as nobody names it.
COPY --from=build --chown=65532:65532 /qumo/data /data
# It is stronger than a configuration file. Who may come in must be said beside it, by INSECURE=true or
# by a file: a relay that everyone can reach does not start without.
ENV RELAY_ADDR=0.0.0.0:4433
# One arena for all threads: the relay has one that works, and what others freed would stay with them.
ENV MALLOC_ARENA_MAX=1
# On SIGUSR2 what connections left behind goes back to the system.
ENV DENO_USR2_MEMORY_TRIM=1
USER 65532:65532
EXPOSE 4433/udp 4433/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/qumo-relay", "health", "127.0.0.1:4433"]
ENTRYPOINT ["/usr/local/bin/qumo-relay"]
CMD ["serve"]
ARG VERSION=dev
ARG COMMIT=none
ARG BUILD_DATE
LABEL org.opencontainers.image.title="qumo-relay" \
      org.opencontainers.image.description="A relay for live media over QUIC and WebTransport (MoQT)" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.created="$BUILD_DATE"

FROM gcr.io/distroless/cc-debian12:nonroot AS sdn
COPY --from=build /qumo/LICENSE /LICENSE
COPY --from=build /qumo/out/qumo-sdn /usr/local/bin/qumo-sdn
COPY --from=build --chown=65532:65532 /qumo/data /data
# They are stronger than a configuration file. Who may come in must be said beside them, by
# INSECURE=true or by a file: a controller that everyone can reach does not start without.
ENV SDN_ADDR=0.0.0.0:8090 \
    DATA_DIR=/data
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8090/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/qumo-sdn", "health", "127.0.0.1:8090"]
ENTRYPOINT ["/usr/local/bin/qumo-sdn"]
CMD ["serve"]
ARG VERSION=dev
ARG COMMIT=none
ARG BUILD_DATE
LABEL org.opencontainers.image.title="qumo-sdn" \
      org.opencontainers.image.description="The controller of a network of MoQT relays" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.created="$BUILD_DATE"
