# importcost without installing it, for the Python of this image:
#   docker build -t importcost .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" importcost profile handler.py
# Reports belong to that user. Rootless podman takes --userns=keep-id instead of --user.

# By tag: fixes of Debian and CPython come with the next build.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS wheels
# An index of your own, instead of PyPI.
ARG PIP_INDEX_URL
WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels --constraint constraints.txt .

FROM ${BASE}
LABEL org.opencontainers.image.title="importcost" \
      org.opencontainers.image.description="What imports cost on a Lambda cold start" \
      org.opencontainers.image.licenses="MIT"
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels \
        --root-user-action ignore importcost-lambda \
    # Whoever the container runs as, known to it or not, finds a home there.
    && mkdir -m 1777 /home/importcost
ENV HOME=/home/importcost \
    PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["importcost"]
CMD ["--help"]
