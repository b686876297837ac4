#!/bin/sh
# Set up a complete bot on a running Parley with curl alone: from a new tenant to a cited answer.
#
#   PARLEY_ADMIN_TOKEN=... sh docs/quickstart.sh [document ...]
#
# Reads PARLEY_URL (http://localhost:8000), PARLEY_SLUG, PARLEY_PASSWORD and OPENAI_API_KEY from the environment.
# Without documents it uploads the handbook of the demo shop. Needs curl and python3 (to read JSON).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
url=${PARLEY_URL:-http://localhost:8000}
slug=${PARLEY_SLUG:-shop-$(date +%s)}
password=${PARLEY_PASSWORD:-$(python3 -c 'import secrets; print(secrets.token_urlsafe(15))')}
email="admin@$slug.example"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# call TOKEN METHOD PATH [curl arguments]: leaves the answer in $answer, or says what was refused and stops.
call() {
    bearer=$1 method=$2 path=$3
    shift 3
    [ -z "$bearer" ] || set -- -H "Authorization: Bearer $bearer" "$@"
    status=$(curl -sS -o "$answer" -w '%{http_code}' -X "$method" "$url$path" "$@")
    if [ "$status" -ge 400 ]; then
        echo "$method $path: $status" >&2
        cat "$answer" >&2
        echo >&2
        exit 1
    fi
}

# post TOKEN PATH JSON
post() {
    call "$1" POST "$2" -H 'Content-Type: application/json' -d "$3"
}

# field NAME [NAME ...]: the value at that place of the answer.
field() {
    python3 -c 'import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for name in sys.argv[2:]:
    value = value[name]
print(value)' "$answer" "$@"
}

echo "Phase 2: the tenant $slug"
post "${PARLEY_ADMIN_TOKEN:-}" /admin/tenants/ \
    "{\"name\": \"$slug\", \"slug\": \"$slug\", \"email\": \"$email\", \"password\": \"$password\", \"plan\": \"enterprise\"}"
post "" /v1/auth/login "{\"email\": \"$email\", \"password\": \"$password\", \"tenant\": \"$slug\"}"
token=$(field token)

if [ -n "${OPENAI_API_KEY:-}" ]; then
    model=${OPENAI_MODEL:-gpt-4o-mini}
    post "$token" /v1/tenant/ai-providers/ "{\"provider_name\": \"openai\", \"api_key\": \"$OPENAI_API_KEY\"}"
else
    model=parley-extractive-1
    post "$token" /v1/tenant/ai-providers/ '{"provider_name": "builtin"}'
fi
provider=$(field id)

echo "Phase 3: the knowledge"
post "$token" /v1/tenant/datasets/ '{"name": "Customer Support KB", "tags": ["customer-support", "faq"]}'
dataset=$(field id)
documents="/v1/tenant/datasets/$dataset/documents"

[ $# -gt 0 ] || set -- "$here"/../config/demo/handbook/*
count=$#
for file in "$@"; do
    set -- "$@" -F "files=@$file"
done
shift "$count"
call "$token" POST "$documents/upload" "$@" -F 'metadata={"category": "documentation"}'
post "$token" "$documents" '{"title": "Holiday Hours", "source_type": "text",
    "content": "On December 24 and December 31, customer support closes at 1 p.m. Eastern Time."}'

# states: the states of the documents, each once; the reason of a failure on stderr.
states() {
    python3 -c 'import json, sys
documents = json.load(open(sys.argv[1], encoding="utf-8"))["results"]
for document in documents:
    if document["status"] == "failed":
        print(document["title"] + ": " + document["error"], file=sys.stderr)
print(" ".join(sorted({document["status"] for document in documents})))' "$answer"
}

while :; do
    call "$token" GET "$documents?page_size=100"
    now=$(states)
    case $now in
        completed) break ;;
        *failed*) exit 1 ;;
    esac
    echo "  documents are $now"
    sleep 1
done

echo "Phase 4: the bot"
post "$token" /v1/tenant/bots/ "{\"name\": \"Customer Support Assistant\", \"tenant_ai_provider_id\": \"$provider\",
    \"model\": \"$model\", \"is_active\": true, \"is_public\": true,
    \"system_prompt\": \"You are a helpful customer support assistant. Answer from the documents and cite them.\"}"
bot=$(field id)
post "$token" "/v1/tenant/bots/$bot/datasets" "{\"dataset_id\": \"$dataset\", \"is_active\": true, \"priority\": 1}"
post "$token" "/v1/tenant/bots/$bot/scopes" '{"strictness_level": "moderate",
    "allowed_topics": ["customer support", "product information", "shipping", "billing", "returns"],
    "forbidden_topics": ["medical advice", "legal advice", "financial investment advice"],
    "context_settings": {"max_conversation_history": 10, "citation_required": true}}'

echo "Phase 5: the key"
post "$token" /v1/tenant/api-keys/ '{"name": "Production API Key", "scopes": ["chat:read", "chat:write"], "rate_limit": 1000}'
key=$(field key)

echo "Phase 6: a question"
post "$key" /v1/chat/efficient "{\"bot_id\": \"$bot\", \"message\": \"What is your shipping policy?\", \"session_id\": null}"

echo
echo "Bot ID:   $bot"
echo "Sign in:  $email  $password"
echo "API key:  $key"
echo
echo "Q: What is your shipping policy?"
echo "A: $(field message content)"
python3 -c 'import json, sys
for citation in json.load(open(sys.argv[1], encoding="utf-8"))["citations"]:
    print("   [{number}] {document_title}".format(**citation))' "$answer"
