#!/bin/sh
# Ask a public bot with curl, and see the answer come.
#
#   PARLEY_BOT=... sh docs/examples/streaming.sh "How much is express shipping?"
#   PARLEY_BOT=... RAW=1 sh docs/examples/streaming.sh      # the events as they are
#
# PARLEY_URL is http://localhost:8000 unless it is set. Needs curl, and python3 to read JSON.
set -eu

url=${PARLEY_URL:-http://localhost:8000}
question=${1:-How much does express shipping cost?}
: "${PARLEY_BOT:?Say which bot: PARLEY_BOT=its id}"

body=$(python3 -c 'import json, sys
bot, question = sys.argv[1:]
print(json.dumps({"bot_id": bot, "stream": True, "messages": [{"role": "user", "content": question}]}))' \
    "$PARLEY_BOT" "$question")

# -N: curl writes what it has, instead of waiting for a full buffer.
ask() {
    curl -sSN --max-time 400 -X POST "$url/v1/chat/public" \
        -H 'Content-Type: application/json' -d "$body"
}

if [ -n "${RAW:-}" ]; then
    ask
    exit
fi

ask | python3 -u -c 'import json, sys
name = ""
for line in sys.stdin:
    field, _, value = line.rstrip("\n").partition(": ")
    if field == "event":
        name = value
    elif field == "data" and name == "token":
        print(json.loads(value)["text"], end="", flush=True)
    elif field == "data" and name == "end":
        answer = json.loads(value)
        print()
        for citation in answer["citations"]:
            print("   [{number}] {document_title}: {quote}".format(**citation))
    elif field == "data" and name == "error":
        sys.exit("\n{code}: {detail}".format(**json.loads(value)))
    elif line.startswith("{"):  # refused before the stream began: a plain problem
        sys.exit("{code}: {detail}".format(**json.loads(line)))'
