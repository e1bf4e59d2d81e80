# The pipeline as an image: docs/container.md. `make image` looks the digest of the base up.
ARG BASE_DIGEST=
FROM python:3.11-slim-bookworm${BASE_DIGEST:+@$BASE_DIGEST} AS base
# Any user may run it, one without a name too (Snakemake asks for one), so what programs keep for themselves is in a
# folder that any user may write. Loops compiled for the builder's own processor would be compiled again on others.
ENV USER=hetero2 \
    HOME=/var/cache/hetero2 \
    NUMBA_CACHE_DIR=/var/cache/hetero2/numba \
    MPLCONFIGDIR=/var/cache/hetero2/matplotlib \
    NUMBA_CPU_NAME=generic \
    PATH=/opt/hetero2/.venv/bin:$PATH
RUN mkdir --mode=777 "$HOME" /results
# RDKit's drawings need these; all else of it is in its wheel.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "libexpat1=2.5.*" "libxext6=2:1.3.*" "libxrender1=1:0.9.*" \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
ENV PIP_NO_CACHE_DIR=1
RUN apt-get update && apt-get install --yes --no-install-recommends "make=4.3-*" && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/hetero2
COPY Makefile requirements.lock ./
RUN make .venv/.locked
COPY . .
RUN make .venv/.run \
    && python -m compileall -q hetero2 \
    && python -c "import matplotlib.font_manager" \
    && chmod -R a+rwX "$HOME"

FROM base
COPY --from=build /opt/hetero2 /opt/hetero2
COPY --from=build /var/cache/hetero2 /var/cache/hetero2
# Started here, Snakemake keeps its results, and in .snakemake what it remembers of them, in the mounted folder.
WORKDIR /project
RUN ln -s /results results && ln -s results/.snakemake .snakemake
USER 1000:1000
ENTRYPOINT ["/opt/hetero2/tools/entrypoint.sh"]
CMD ["value_utility_realtruth"]
