# One image for every role: `errtrack web`, `worker`, `beat`, `init`, `up` …

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /app
# The libraries stand in a layer of their own: they change less often than we do.
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE manage.py ./
COPY alerts alerts
COPY errtrack errtrack
COPY ingest ingest
COPY issues issues
COPY monitors monitors
COPY projects projects
COPY releases releases
COPY templates templates
COPY static static
COPY locale locale
# Templates and static files are read from beside the code, so that it stays here.
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation -e . \
    && /opt/venv/bin/python -m compileall -q alerts errtrack ingest issues monitors projects releases

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home errtrack \
    && install --directory --owner=errtrack --mode=700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ERRTRACK_DATA=/data \
    ERRTRACK_BIND=0.0.0.0:8000
WORKDIR /app
USER errtrack
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the role `web`; compose.yaml has those of the others.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "errtrack.probe", "web"]
ENTRYPOINT ["errtrack"]
CMD ["web"]
