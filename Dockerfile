# AION Explorer with the embedded model; no network is needed once it is built.
#   docker build -t aion-explorer .                              CPU
#   docker build --build-arg DEVICE=cuda -t aion-explorer:cuda . NVIDIA; run it with --gpus all
#   docker run -p 8501:8501 -v aion-hub:/home/aion/.cache/huggingface aion-explorer
FROM python:3.11-slim

ARG DEVICE=cpu
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

RUN useradd --create-home aion
WORKDIR /home/aion/explorer

COPY requirements.txt constraints.txt ./
# torch by itself: the CPU build is a tenth of the size of the one that brings CUDA along
RUN case "$DEVICE" in \
      cpu) pip install --no-deps --constraint constraints.txt torch --index-url https://download.pytorch.org/whl/cpu ;; \
      cuda) pip install --constraint constraints.txt torch ;; \
      *) echo "DEVICE is cpu or cuda, not $DEVICE" && exit 1 ;; \
    esac
RUN pip install --constraint constraints.txt -r requirements.txt

COPY --chown=aion:aion . .
# made here so that the volume belongs to the user who writes the published weights into it
RUN install -d -o aion -g aion /home/aion/.cache/huggingface
ENV HF_HOME=/home/aion/.cache/huggingface
VOLUME /home/aion/.cache/huggingface
USER aion

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
