"""Ways to break a connector: one text of the template replaced by another, the check that has to fail, what it says.

Each stands for a mistake that connectors have been shipped with. ``words`` are looked for in the failed check's name,
written as a sentence, followed by what it said.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``file`` of the package, where ``old`` stands exactly once and becomes ``new``."""

    name: str
    file: str
    old: str
    new: str
    check: str
    words: str


AUTH = (
    Mutant(
        "a dead token is never renewed",
        "auth.py",
        "request_token(connection, stored))",
        "request_token(connection, stored), is_dead=lambda response: False)",
        "test_a_dead_token_is_renewed_once_and_the_read_goes_on",
        "dead token is renewed once",
    ),
    Mutant(
        "tokens are asked for past the custody",
        "auth.py",
        "return BearerAuth(tokens, lambda stored: request_token(connection, stored))",
        "tokens.obtain = lambda mint, **more: mint(None)  # type: ignore\n"
        "    return BearerAuth(tokens, lambda stored: request_token(connection, stored))",
        "test_a_token_is_kept_before_it_is_used",
        "token is kept before it is used",
    ),
    Mutant(
        "the rotated refresh token is dropped",
        "auth.py",
        "refresh=SecretStr(rotated) if isinstance(rotated, str) and rotated else None,",
        "refresh=None,",
        "test_a_rotated_refresh_token_is_the_next_one_used",
        "rotated refresh token was not the next one used",
    ),
    Mutant(
        "refused credentials look like an outage",
        "auth.py",
        "        raise AuthError(\n",
        "        raise TransientError(\n",
        "test_refused_credentials_are_an_auth_error",
        "TransientError",
    ),
    Mutant(
        "a refused fresh token looks like an outage",
        "errors.py",
        "if status in (401, 403):",
        "if status == 499:",
        "test_refused_with_a_fresh_token_is_an_auth_error",
        "refused with a fresh token is an auth error",
    ),
    Mutant(
        "an error quotes the client secret",
        "auth.py",
        'f"{TITLE} does not accept the client ID and secret. Look',
        'f"{TITLE} does not accept {credentials}. Look',
        "test_no_secret_shows_in_an_error",
        "the error shows a secret",
    ),
    Mutant(
        "a log line holds the access token",
        "auth.py",
        "    rotated = body.get",
        '    __import__("logging").getLogger("mlc").debug("new token %s", access)\n    rotated = body.get',
        "test_no_secret_shows_in_a_log",
        "no secret shows in a log",
    ),
    Mutant(
        "a repr shows the secrets",
        "settings.py",
        "    client_id: SecretStr",
        "    def __repr__(self) -> str:\n"
        "        return self.client_secret.get_secret_value()\n\n"
        "    client_id: SecretStr",
        "test_no_secret_shows_in_a_repr",
        "a repr shows a secret",
    ),
)

DESCRIBING = (
    Mutant(
        "a secret is plain text",
        "settings.py",
        "    client_secret: SecretStr = ",
        "    client_secret: str = ",
        "test_every_secret_is_a_described_secret",
        "client_secret is no SecretStr",
    ),
    Mutant(
        "a setting is not described",
        "settings.py",
        'page_size: int = Field(default=100, ge=1, le=200, description="Rows asked for per page.")',
        "page_size: int = Field(default=100, ge=1, le=200)",
        "test_every_setting_is_described",
        "settings without a description: page_size",
    ),
    Mutant(
        "settings take any key",
        "settings.py",
        "class ServiceSettings(Settings):\n",
        'class ServiceSettings(Settings, extra="ignore"):\n',
        "test_settings_refuse_unknown_keys_and_do_not_change",
        "takes unknown keys",
    ),
    Mutant(
        "a host is a pattern",
        "system.py",
        "return (HOST,)",
        'return ("*.example.com",)',
        "test_hosts_are_plain_names",
        "no exact host names",
    ),
    Mutant(
        "no limit is declared",
        "system.py",
        "        quotas=(Quota(QuotaWindow.MINUTE, 600), Quota(QuotaWindow.CONCURRENCY, 4)),\n",
        "",
        "test_quotas_are_declared",
        "no quota is declared",
    ),
    Mutant(
        "creates are settled by search, and nothing can be found",
        "system.py",
        "Capability.UPDATE, Capability.FIND})",
        "Capability.UPDATE})",
        "test_what_creates_under_search_can_find",
        "an uncertain create is settled by looking it up",
    ),
    Mutant(
        "the version is another one than the package's",
        "__init__.py",
        '__version__ = "0.1.0"',
        '__version__ = "0.2.0"',
        "test_its_version_is_that_of_its_package",
        "version is that of its package",
    ),
)

FETCHING = (
    Mutant(
        "a page is skipped",
        "client.py",
        "return int(number)\n",
        "return int(number) + 1\n",
        "test_a_list_is_read_to_its_own_count",
        "the list counts",
    ),
    Mutant(
        "reading stops after the first page",
        "pages.py",
        "    if reply.next_page is not None:\n        return Page(",
        "    if reply.next_page is not None and not reply.rows:\n        return Page(",
        "test_a_list_is_read_to_its_own_count",
        "the list counts",
    ),
    Mutant(
        "every page claims a watermark",
        "pages.py",
        "next_cursor=_text(replace(at, page=reply.next_page)), total",
        "next_cursor=_text(replace(at, page=reply.next_page)), "
        "watermark=_watermark(at, connection.settings.overlap_s), total",
        "test_every_pass_ends_with_a_watermark_and_only_the_last_page_has_one",
        "a page before the last claims a watermark",
    ),
    Mutant(
        "the watermark is our clock",
        "pages.py",
        "at = replace(at, start=reply.answered_at.isoformat())",
        "at = replace(at, start=connection.now().isoformat())",
        "test_the_watermark_is_the_vendors_clock_not_ours",
        "with our clock a day ahead, a change after the pass was never seen",
    ),
    Mutant(
        "the watermark lies after the pass",
        "pages.py",
        "- timedelta(seconds=overlap_s)",
        "+ timedelta(seconds=overlap_s)",
        "test_what_changes_during_a_pass_is_seen_by_the_next",
        "fell between two passes",
    ),
    Mutant(
        "a row that the filter should have kept back is taken",
        "pages.py",
        " for row in reply.rows if not _is_older(row, since))",
        " for row in reply.rows)",
        "test_a_filter_that_the_vendor_ignores_is_checked_again",
        "the vendor ignored the filter, and",
    ),
    Mutant(
        "a list that leads back is followed for ever",
        "client.py",
        "    if not number.isdigit() or int(number) <= here:\n",
        "    return here + 1\n    if not number.isdigit():\n",
        "test_a_list_that_repeats_itself_does_not_go_on_for_ever",
        "fetch still asks for the next",
    ),
    Mutant(
        "a sweep is filtered like a pass",
        "pages.py",
        "since = at.since if mode is FetchMode.CHANGES else None",
        "since = at.since",
        "test_a_sweep_asks_again_for_what_a_pass_has_seen",
        "a sweep from a watermark leaves out",
    ),
    Mutant(
        "a record that is gone ends the run",
        "pages.py",
        "    except NotFoundError:\n        gone",
        "    except ZeroDivisionError:\n        gone",
        "test_a_record_that_is_gone_comes_back_as_deleted",
        "record that is gone comes back as deleted",
    ),
    Mutant(
        "a deletion in a list is taken for a record",
        "pages.py",
        'if row.get("deleted") is True else None',
        'if row.get("removed") is True else None',
        "test_a_deleted_row_is_no_record",
        "passes for a record",
    ),
    Mutant(
        "a version is new each time",
        "pages.py",
        'version=str(row.get("version", "")),',
        'version=str(__import__("time").monotonic_ns()),',
        "test_the_same_page_read_twice_gives_the_same_versions",
        "versions changed though nothing else did",
    ),
    Mutant(
        "a moment is taken for local time",
        "pages.py",
        "None if moment.tzinfo is None else moment.astimezone(UTC)",
        "moment.replace(tzinfo=None).astimezone(UTC)",
        "test_the_machines_time_zone_changes_nothing",
        "in another time zone",
    ),
    Mutant(
        "a moment has no time zone",
        "pages.py",
        "None if moment.tzinfo is None else moment.astimezone(UTC)",
        "moment.replace(tzinfo=None)",
        "test_records_carry_what_core_needs",
        "not aware UTC",
    ),
    Mutant(
        "a web page is taken for an empty list",
        "client.py",
        "        body = decode(response)\n        rows = ",
        '        body = decode(response) if response.content[:1] == b"{" else {"data": []}\n        rows = ',
        "test_a_page_that_is_no_json_is_a_passing_trouble",
        "page that is no json is a passing trouble",
    ),
    Mutant(
        "amounts are floats for a moment",
        "client.py",
        "        body = decode(response)\n        rows = ",
        "        body = response.json()\n        rows = ",
        "test_payloads_hold_exact_numbers",
        "is a float; parse bodies with mlc.http.decode",
    ),
)

MAPPING = (
    Mutant(
        "money is a float",
        "schemas.py",
        "    total: Amount | None = None",
        "    total: float | None = None",
        "test_samples_map_to_records_of_this_system",
        "never a float",
    ),
    Mutant(
        "an unknown status crashes",
        "mapping.py",
        'BILL_STATUS.get((wire.status or "").lower(), DocumentStatus.UNKNOWN)',
        'BILL_STATUS[(wire.status or "").lower()]',
        "test_an_unknown_enumeration_value_maps",
        "unknown enumeration value maps",
    ),
    Mutant(
        "what was not shown is called empty",
        "mapping.py",
        "for field in fields if field.wire in wire.model_fields_set}",
        "for field in fields}",
        "test_what_is_not_shown_stays_unset",
        "counts as empty instead of unset",
    ),
    Mutant(
        "what is shown as empty is called not seen",
        "mapping.py",
        "for field in fields if field.wire in wire.model_fields_set}",
        "for field in fields if getattr(wire, field.wire) is not None}",
        "test_an_empty_value_is_known_to_be_empty",
        "counts as not seen",
    ),
    Mutant(
        "odd values crash",
        "mapping.py",
        "    except ValidationError as error:",
        "    except ZeroDivisionError as error:",
        "test_odd_values_are_read_or_refused_but_never_crash",
        "ends in ValidationError",
    ),
    Mutant(
        "an error names no field",
        "mapping.py",
        "return MappingError(sentence, field=place, system=SYSTEM)",
        "return MappingError(sentence, system=SYSTEM)",
        "test_an_empty_payload_is_refused",
        "names no field",
    ),
    Mutant(
        "map asks the clock",
        "mapping.py",
        "        source_updated_at=wire.updated_at,",
        "        source_updated_at=wire.updated_at,\n"
        '        fetched_at=__import__("datetime").datetime.now(__import__("datetime").UTC),',
        "test_mapping_is_pure",
        "the same payload maps to two different records",
    ),
    Mutant(
        "a new field of the vendor is refused",
        "schemas.py",
        'extra="ignore"',
        'extra="forbid"',
        "test_unknown_fields_are_ignored",
        "zz_new_field",
    ),
    Mutant(
        "a field is neither written nor named as a loss",
        "mapping.py",
        "        for name in sorted(record.model_fields_set - known - READ_ONLY)\n",
        "        for name in sorted(known - known)\n",
        "test_what_has_no_place_is_named_as_a_loss",
        "went nowhere and is not named as a loss",
    ),
    Mutant(
        "amounts are cut on their way out",
        "mapping.py",
        "return str(value) if isinstance(value, Decimal | date) else value",
        "return str(int(value)) if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value",
        "test_what_was_written_reads_back_the_same_or_is_a_named_loss",
        "neither kept nor named as a loss: total",
    ),
    Mutant(
        "unset is written as empty",
        "mapping.py",
        "        if field.name in record.model_fields_set and _wanted(field.name, context)",
        "        if _wanted(field.name, context)",
        "test_an_update_sends_nothing_that_was_not_seen",
        "was unset in what was written, and is empty there now",
    ),
    Mutant(
        "a field is emptied that nobody asked to change",
        "mapping.py",
        "    if not body:\n        return Rendered((), losses)",
        '    body.setdefault("currency", None)\n    if not body:\n        return Rendered((), losses)',
        "test_an_update_sends_nothing_that_was_not_seen",
        "currency was unset in what was written, and is empty there now",
    ),
)

PUSHING = (
    Mutant(
        "a write is sent again after an error",
        "pushes.py",
        "    if not response.is_success:\n",
        "    if response.status_code >= 500:\n"
        "        response = client.create(collection, write.payload)\n"
        "    if not response.is_success:\n",
        "test_a_write_is_never_tried_twice",
        "the connector tried to send a write again",
    ),
    Mutant(
        "two mutating requests in one push",
        "pushes.py",
        "    return _outcome(connection, object_type, write, response)",
        "    shown = _outcome(connection, object_type, write, response)\n"
        "    client.change(collection, shown.external_id, b'{\"approved\": true}', version=None)\n"
        "    return shown",
        "test_a_push_is_exactly_one_mutating_request",
        "second mutating request",
    ),
    Mutant(
        "an outcome has no key",
        "pushes.py",
        "        key=write.key,\n        external_id",
        '        key="",\n        external_id',
        "test_outcomes_carry_the_key_of_their_write",
        "outcomes have the keys",
    ),
    Mutant(
        "other bytes are sent than were stored",
        "pushes.py",
        "response = client.create(collection, write.payload)",
        'response = client.create(collection, write.payload.replace(b":", b": "))',
        "test_the_payload_is_sent_byte_for_byte",
        "other bytes were sent",
    ),
    Mutant(
        "a redirected write is followed",
        "pushes.py",
        "    if not response.is_success:\n",
        "    if response.status_code in (302, 307):\n"
        '        return Created(write.key, client.page(collection, {"page": "1"}).rows[0]["id"])\n'
        "    if not response.is_success:\n",
        "test_an_answer_that_proves_nothing_is_no_success",
        "after a redirect it says Created",
    ),
    Mutant(
        "a server error is taken for a refusal",
        "errors.py",
        "    400: RejectCause.INVALID,\n",
        "    400: RejectCause.INVALID,\n    500: RejectCause.INVALID,\n",
        "test_an_answer_that_proves_nothing_is_no_success",
        "after a 500 it says that the vendor refused",
    ),
    Mutant(
        "a web page is taken for success",
        "pushes.py",
        "    shown = written(response)\n",
        '    try:\n        shown = written(response)\n    except Exception:\n        shown = {"id": "1"}\n',
        "test_an_answer_that_proves_nothing_is_no_success",
        "after a page with status 200 it says Created",
    ),
    Mutant(
        "our key is not written",
        "mapping.py",
        '        body["external_key"] = context.record_key\n',
        "        pass\n",
        "test_the_same_write_again_creates_nothing",
        "same write again creates nothing",
    ),
    Mutant(
        "an uncertain create is not found again",
        "pages.py",
        '        return {"external_key": key.record_key}\n',
        "        return {}\n",
        "test_a_create_whose_answer_is_lost_is_settled_by_its_strategy",
        "not written: Rejected",
    ),
    Mutant(
        "the version that was read is not sent along",
        "client.py",
        'headers = JSON if version is None else {**JSON, "If-Match": version}',
        "headers = JSON",
        "test_a_stale_version_is_a_conflict",
        "it changed since it was read, and was overwritten",
    ),
    Mutant(
        "a refusal says neither field nor code",
        "errors.py",
        '        field=said.get("field"),\n        code=said.get("code"),\n',
        "",
        "test_a_refusal_names_what_is_wrong",
        "neither field nor code",
    ),
    Mutant(
        "a void changes something else",
        "mapping.py",
        'VOID = b\'{"status": "void"}\'',
        'VOID = b\'{"memo": "void"}\'',
        "test_a_void_takes_the_record_back",
        "after a void it is",
    ),
    Mutant(
        "a duplicate is taken for success",
        "errors.py",
        "    if response.status_code not in REFUSALS:\n        raise _error(response, what)\n    said",
        "    if response.status_code not in REFUSALS:\n        raise _error(response, what)\n"
        '    if response.status_code in (409, 422):\n        return __import__("mlc").Created(key, "1")\n    said',
        "test_a_refusal_names_what_is_wrong",
        "an empty record was not rejected",
    ),
    Mutant(
        "a ping writes",
        "client.py",
        '        response = self._http.get(f"{API}/v1/me")',
        '        response = self._http.put(f"{API}/v1/me", content=b"{}")',
        "test_a_mutating_request_without_a_permit_is_never_tried",
        "outside a permit",
    ),
)

FINDING = (
    Mutant(
        "a look-up gives whatever is there",
        "pages.py",
        '    natural = {"name": key.name}\n',
        '    return {"active": "None"}\n    natural = {"name": key.name}\n',
        "test_what_is_not_there_is_not_found",
        "not there is not found",
    ),
    Mutant(
        "a look-up believes what it got",
        "pages.py",
        "            if all(str(row.get(name)) == value for name, value in wanted.items()):\n",
        "            if row:\n",
        "test_a_look_up_compares_what_it_found",
        "was found for nobody's key",
    ),
    Mutant(
        "answers come in another order than the keys",
        "pages.py",
        "for key in keys]",
        'for key in sorted(keys, key=lambda key: key.external_id or "~")]',
        "test_answers_come_in_the_order_of_the_keys",
        "answers do not follow the keys",
    ),
)

WEBHOOKS = (
    Mutant(
        "an unsigned delivery is believed",
        "webhooks.py",
        "    if not hmac.compare_digest(",
        "    if HEADER not in request.headers:\n        return _notices(request)\n    if not hmac.compare_digest(",
        "test_a_delivery_without_its_signature_is_refused",
        "without its signature is refused",
    ),
    Mutant(
        "an old delivery is believed",
        "webhooks.py",
        "MAX_AGE_S = 300",
        "MAX_AGE_S = 10**9",
        "test_an_old_delivery_is_refused",
        "old delivery is refused",
    ),
    Mutant(
        "any signature will do",
        "webhooks.py",
        '    if not hmac.compare_digest(signature.encode(), stated.get("v1", "").encode()):\n',
        '    if not signature or not stated.get("v1"):\n',
        "test_one_flipped_byte_is_refused_wherever_it_is",
        "flipped byte is refused",
    ),
    Mutant(
        "a delivery of another connection is believed",
        "webhooks.py",
        "signature = hmac.new(secret.get_secret_value().encode(),",
        'signature = hmac.new(b"demo-webhook-secret",',
        "test_a_delivery_for_another_connection_is_refused",
        "for another connection is refused",
    ),
    Mutant(
        "a delivery is read before it is verified",
        "webhooks.py",
        "    secret = connection.secrets.webhook_secret\n",
        '    assert json.loads(request.body)["id"]\n    secret = connection.secrets.webhook_secret\n',
        "test_rubbish_is_refused_and_never_crashes",
        "rubbish is refused",
    ),
    Mutant(
        "a delivery is another one each time",
        "webhooks.py",
        'delivery_id=str(body["delivery"]),',
        'delivery_id=str(__import__("time").monotonic_ns()),',
        "test_the_same_delivery_twice_is_the_same_delivery",
        "same delivery twice is the same delivery",
    ),
)

QUOTAS = (
    Mutant(
        "a 429 is ignored",
        "errors.py",
        "    if status == 429:\n",
        "    if status == 499:\n",
        "test_too_many_calls_is_told_with_how_long_to_wait",
        "too many calls is told",
    ),
    Mutant(
        "it goes on before the vendor does",
        "errors.py",
        "return min(float(text), LONGEST_RETRY_AFTER_S)",
        "return 1.0",
        "test_too_many_calls_is_told_with_how_long_to_wait",
        "it says to go on before the vendor does",
    ),
    Mutant(
        "a wait in words crashes",
        "errors.py",
        "    if text.isdigit():\n",
        "    if int(text) >= 0:\n",
        "test_a_wait_of_any_form_is_understood",
        "wait of any form is understood",
    ),
    Mutant(
        "a thread sleeps until the vendor is ready",
        "errors.py",
        "        wait_s = retry_after_s(response)\n",
        '        wait_s = retry_after_s(response)\n        __import__("time").sleep(wait_s)\n',
        "test_no_thread_sleeps_for_more_than_a_second",
        "a thread slept 7 s",
    ),
    Mutant(
        "a read is asked for again at once after a 429",
        "client.py",
        '        raise_for(response, what=f"the list of {collection}")',
        "        if response.status_code == 429:\n"
        '            response = self._http.get(f"{API}/v1/{collection}", params=dict(params))\n'
        '        raise_for(response, what=f"the list of {collection}")',
        "test_after_too_many_calls_nothing_more_is_asked",
        "2 calls against a vendor that said stop",
    ),
    Mutant(
        "a limit is taken for a refusal",
        "errors.py",
        "    400: RejectCause.INVALID,\n",
        "    400: RejectCause.INVALID,\n    429: RejectCause.INVALID,\n",
        "test_a_write_that_meets_the_limit_is_surely_not_done",
        "a limit is neither success nor refusal",
    ),
)

HTTP = (
    Mutant(
        "a call goes to a host outside the allow-list",
        "client.py",
        'response = self._http.get(f"{API}/v1/{collection}", params=dict(params))',
        'response = self._http.get(f"https://cdn.example.net/v1/{collection}", params=dict(params))',
        "test_every_call_goes_to_the_vendor",
        "host cdn.example.net, which its system does not declare",
    ),
    Mutant(
        "a token stands in the address",
        "pages.py",
        "    if since is not None:\n        params",
        "    held = connection.tokens.current()\n"
        "    if held is not None:\n"
        '        params["access_token"] = held.access.get_secret_value()\n'
        "    if since is not None:\n        params",
        "test_no_credential_stands_in_an_address",
        "the access token stands in the address",
    ),
    Mutant(
        "an outage is taken for an empty list",
        "client.py",
        '        response = self._http.get(f"{API}/v1/{collection}", params=dict(params))',
        "        try:\n"
        '            response = self._http.get(f"{API}/v1/{collection}", params=dict(params))\n'
        "        except TransientError:\n"
        "            return ListReply(rows=(), next_page=None, total=None, answered_at=None)",
        "test_a_vendor_that_is_not_there_is_a_passing_trouble",
        "a vendor that cannot be reached was taken for an answer",
    ),
    Mutant(
        "unchanged records are read one by one",
        "pages.py",
        "    records = tuple(source_record(row) for row in reply.rows if not _is_older(row, since))\n",
        "    records = tuple(source_record(row) for row in reply.rows if not _is_older(row, since))\n"
        '    [Client(connection).record(COLLECTIONS[object_type], "v1") for _ in range(9)]\n',
        "test_unchanged_records_cost_only_the_list",
        "calls for 1 unchanged pages",
    ),
)

MUTANTS = (*AUTH, *DESCRIBING, *FETCHING, *MAPPING, *PUSHING, *FINDING, *WEBHOOKS, *QUOTAS, *HTTP)
