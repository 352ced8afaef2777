# ruff: noqa: F821
"""An example of every hook, as docs/hooks.md shows it. Names that are not defined here an author has at hand."""


@hookimpl
def mlc_describe() -> System:
    return System(
        name="tiny-books",
        title="Tiny Books",
        version="0.1.0",
        settings=Settings,
        secrets=TinySecrets,
        grants=(GrantKind.API_TOKEN,),
        hosts=lambda settings: ("api.tiny.example",),
        objects=(ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ})),),
    )


@hookimpl
def mlc_auth(connection: AnyConnection, tokens: TokenStore) -> Auth:
    return BearerAuth(tokens, lambda stored: request_token(connection))


@hookimpl
def mlc_ping(connection: AnyConnection) -> Identity:
    me = decode(connection.http.get(f"{API}/me"))
    return Identity(account=me["email"], organisation=me["company"])


@hookimpl
def mlc_probe(connection: AnyConnection) -> Probe:
    company = decode(connection.http.get(f"{API}/company"))
    return Probe(base_currency=company["currency"], locks={"purchases": date.fromisoformat(company["closed_through"])})


@hookimpl
def mlc_fetch(connection: AnyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    rows = decode(connection.http.get(f"{API}/suppliers", params={"page": cursor or "1"}))
    return Page(tuple(SourceRecord(row["id"], row["changed"], row) for row in rows["data"]), next_cursor=rows["next"])


@hookimpl
def mlc_read(connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return [read_one(connection, object_type, one) for one in ids]


@hookimpl(wrapper=True)
def mlc_map(payload: dict[str, object]) -> Generator[None, Record, Record]:
    record = yield
    return record.model_copy(update={"memo": payload.get("cost_object")}) if isinstance(record, Bill) else record


@hookimpl
def mlc_attachment(connection: AnyConnection, document_id: str, attachment: AttachmentRef) -> Attachment:
    connection.http.download(attachment.url, into=path, max_bytes=10_000_000)
    return Attachment(attachment.filename, "application/pdf", path, path.stat().st_size, sha1_of(path))


@hookimpl
def mlc_render(connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext) -> Rendered:
    body = json.dumps({"name": record.name, "our_id": context.record_key}).encode()
    return Rendered(parts=(RenderedPart("main", context.operation, body),))


@hookimpl
def mlc_push(connection: AnyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    (write,) = writes
    response = connection.http.post(f"{API}/suppliers", content=write.payload, headers=JSON)
    raise_for(response)
    row = decode(response)
    return [Created(write.key, row["id"], row["changed"], seen=to_record(object_type, row))]


@hookimpl
def mlc_find(connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    return [search(connection, object_type, number=key.number, party=key.party_id) for key in keys]


@hookimpl
def mlc_settle(connection: AnyConnection, tasks: Sequence[Task]) -> list[Outcome]:
    return [
        Created(task.key, task.external_id) if done(connection, task.task) else Accepted(task.key, task.task)
        for task in tasks
    ]


@hookimpl
def mlc_make(connection: AnyConnection, object_type: ObjectType) -> str:
    there = find_item(connection, connection.settings.line_item)
    made = there or upsert_item(connection, connection.settings.line_item)
    return f"item {made.name} ({made.id})"


@hookimpl
def mlc_verify_webhook(connection: AnyConnection, request: WebhookRequest) -> list[Notice]:
    signature = hmac.digest(connection.secrets.webhook_secret.get_secret_value().encode(), request.body, "sha256").hex()
    if not hmac.compare_digest(signature, request.headers.get("x-signature", "")):
        raise WebhookRejectedError("The delivery is not signed with this connection's secret.")
    return notices(request)


@hookimpl
def mlc_watch(
    connection: AnyConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
) -> Watching:
    ours = [row for row in listed(connection) if row.url == callback_url or row.id in {watch.id for watch in watches}]
    if callback_url and not ours:
        made = subscribe(connection, callback_url)
        return Watching((Watch(made.id, SecretStr(made.key), made.expires_at),), WatchChange.MADE)
    for row in ours:
        if callback_url is None or not row.enabled or row.expires_at < renew_before:
            return one_step(connection, row, callback_url, ours)
    return Watching(tuple(Watch(row.id, None, row.expires_at) for row in ours))


@hookimpl
def mlc_run_finished(pairing: str, summary: dict[str, object]) -> None:
    Path("/var/lib/node_exporter/mlc.prom").write_text(as_metrics(pairing, summary))


@hookimpl
def mlc_alert(pairing: str | None, code: str, sentence: str, at: datetime) -> None:
    post_to_chat(f"{pairing}: {sentence}")
