#!/usr/bin/env bash
# Installs the tools of other projects that tests/interop verifies our certificates with: setup.sh FOLDER
# Then run the tests with AUDIT_INTEROP=FOLDER. None of these is needed to use the package.
set -euo pipefail
folder=$1
python=${PYTHON:-python3}
mkdir -p "$folder/node"
[ -x "$folder/venv/bin/python" ] || "$python" -m venv "$folder/venv"
# model-signing imports OpenSSL without declaring it: pyopenssl comes with it here
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    securesystemslib==1.6.0 cryptography==50.0.2 model-signing==1.1.1 pyopenssl==26.4.0 \
    mlcroissant==1.1.1 openlineage-python==1.54.0
if command -v npm >/dev/null; then
    cd "$folder/node"
    [ -f package.json ] || npm init -y >/dev/null
    npm install --silent --no-audit --no-fund @sigstore/verify@3.1.1 @sigstore/bundle@4.0.0 >/dev/null # 4.x asks for Node 22
fi
echo "interop tools are in $folder"
