# The curators' workbench: docker build -t critparse . ; see docs/serve.md and compose.yaml.
# The base is named by its version. For builds that are the same for ever, put the digest that your registry shows
# behind it (docker buildx imagetools inspect python:3.11-slim-bookworm): python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY requirements/dev.txt requirements/
RUN python -m venv /opt/critparse && \
    pip install --no-cache-dir --constraint requirements/dev.txt hatchling
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY models models/
COPY src src/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . && \
    /opt/critparse/bin/pip install --no-cache-dir --constraint requirements/dev.txt "$(ls dist/*.whl)[web,postgres,xlsx]"

FROM ${BASE}
RUN useradd --uid 10001 --user-group --create-home --home-dir /data --shell /usr/sbin/nologin critparse
COPY --from=build /opt/critparse /opt/critparse
ENV PATH=/opt/critparse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CRITPARSE_DATABASE=sqlite:////data/critparse.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Ready means: the database answers and the processes that read records have loaded everything.
HEALTHCHECK --interval=10s --timeout=5s --start-period=2m --retries=3 \
    CMD ["python", "-I", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8080, timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["critparse"]
CMD ["serve", "--host", "0.0.0.0"]
