# One stage makes the environment, the other one only runs it and has nothing to build or install with.
# A digest (`--build-arg PYTHON_DIGEST=sha256:…`) pins the base to one content.
ARG PYTHON_IMAGE=python:3.13-slim
ARG PYTHON_DIGEST=

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@}${PYTHON_DIGEST} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/infer-focus
WORKDIR /src
# The dependencies change seldom: a layer of their own.
COPY requirements.txt ./
RUN /opt/infer-focus/bin/pip install --require-hashes --only-binary :all: --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
RUN /opt/infer-focus/bin/pip install --no-deps . \
 && /opt/infer-focus/bin/pip uninstall --yes --quiet pip

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@}${PYTHON_DIGEST}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="infer-focus" \
      org.opencontainers.image.description="What a fleet of inference GPUs cost, as FOCUS files on S3" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/infer-focus/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip
# The files stay root's: the user that runs them cannot change them. A number, so that Kubernetes
# can see with runAsNonRoot that it is not root.
COPY --from=build /opt/infer-focus /opt/infer-focus
USER 65532:65532
# The one folder this user can write to; in Kubernetes an emptyDir, the rest can be read-only.
WORKDIR /tmp
STOPSIGNAL SIGTERM
ENTRYPOINT ["infer-focus"]
