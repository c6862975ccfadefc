# The server in a container: docs/deployment.md says how to run it.
#
# Debian and not Alpine: the JSON store locks its file with fs-native-extensions, which supports only glibc.
ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Native packages bring compiled code for this image, so no install script has to run. bufferutil brings none for ARM, and
# ws works without it.
RUN npm ci --ignore-scripts
COPY config.ts tsconfig.json tsconfig.*.json vite.*.ts ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:${NODE_VERSION}-bookworm-slim
WORKDIR /app
# The server refuses to start without secrets and CORS_ORIGINS.
ENV DEVELOPMENT=false
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The server writes here alone, and only with a JSON store.
RUN install -d -o node -g node storage
# A number shows Kubernetes that the user is not root.
USER 1000:1000
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "const { PORT = 9090, BASE_PATH = '/' } = process.env; fetch('http://127.0.0.1:' + PORT + BASE_PATH + 'healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell or npm in between, signals reach the server.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
