# One image for the three services, the three workers and the migrations.

FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/kundentakt
# The environment changes less often than the code: it is a layer of its own.
COPY requirements.lock ./
RUN /opt/kundentakt/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY kundentakt ./kundentakt
COPY services ./services
COPY shared ./shared
COPY migrations ./migrations
RUN /opt/kundentakt/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/kundentakt/bin/python -m compileall -q /opt/kundentakt/lib

FROM python:3.11-slim
RUN groupadd --gid 10001 kundentakt \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent kundentakt \
    && install -d -o 10001 -g 10001 /var/lib/kundentakt /var/lib/kundentakt/print
COPY --from=build /opt/kundentakt /opt/kundentakt
ENV PATH=/opt/kundentakt/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/kundentakt
CMD ["kundentakt", "--help"]
