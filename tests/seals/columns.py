"""What superuser SQL may do to each column that is sealed, as an expression for its new value."""

from typing import Final

ENTRY: Final = {
    "entry_id": "overlay(entry_id::text PLACING 'ffff' FROM 33)::uuid",
    "seq": "seq + 1000000",
    "at": "at + interval '1 microsecond'",
    "business_date": "business_date - 1",
    "kind": "CASE kind WHEN 'void' THEN 'refund' ELSE 'void' END",
    "actor": "actor || '0'",
    "holder_id": "CASE WHEN holder_id IS NULL THEN '{nil}'::uuid END",
    "other_id": "CASE WHEN other_id IS NULL THEN '{nil}'::uuid END",
    "refers_to": "CASE WHEN refers_to IS NULL THEN '{nil}'::uuid END",
    "amount": "amount + 1",
    "refusal": "CASE WHEN refusal IS NULL THEN 'wallet-frozen' END",
    "fingerprint": "overlay(fingerprint PLACING set_byte(substr(fingerprint, 5, 1), 0,"
    " get_byte(fingerprint, 4) # 1) FROM 5)",
    "region_id": "region_id + 1",
}
POSTING: Final = {
    "line": "line + 40",
    "seq": "seq + 1",
    "account_no": "account_no + 1000",
    "is_debit": "NOT is_debit",
    "amount": "amount + 1",
    "version": "version + 1000",
    "balance_after": "balance_after - 1",
    "entry_id": "overlay(entry_id::text PLACING 'ffff' FROM 33)::uuid",
    "region_id": "region_id + 1",
}
ACCOUNT: Final = {
    "holder_id": "'{nil}'::uuid",
    "kind": "CASE kind WHEN 'suspense' THEN 'coin' ELSE 'suspense' END",
    "class": "CASE class WHEN 'income' THEN 'asset' ELSE 'income' END",
    "value": "CASE WHEN value = 'free' THEN 'paid' ELSE 'free' END",
    "source_id": "CASE WHEN source_id IS NULL THEN '{nil}'::uuid END",
    "expires_on": "coalesce(expires_on, '2031-01-01') + 31",
    "floor": "floor - 1000",
    "ceiling": "ceiling - 1",
}
HOLDER: Final = {
    "kind": "CASE kind WHEN 'store' THEN 'wallet' ELSE 'store' END",
    "parent_id": "CASE WHEN parent_id IS NULL THEN '{nil}'::uuid END",
    "subject_id": "CASE WHEN subject_id IS NULL THEN '{nil}'::uuid END",
}
BLOCK: Final = {
    "number": "number + 1000000",
    "first_seq": "first_seq - 1",
    "last_seq": "last_seq + 100000",
    "root": "sha256(root)",
    "previous": "sha256(previous)",
    "skip": "sha256(skip)",
    "sealed_at": "sealed_at + interval '1 microsecond'",
    "hash": "sha256(hash)",
    "key_id": "'0123456789abcdef'",
    "signature": "set_byte(signature, {byte}, get_byte(signature, {byte}) # 1)",
    "leaves": "set_byte(leaves, {byte}, get_byte(leaves, {byte}) # 1)",
    "hints": "set_byte(hints, {byte}, get_byte(hints, {byte}) # 1)",
}
REGION: Final = {
    "code": "code || 'x'",
    "zone": "'Asia/Seoul'",
    "opened_at": "opened_at - interval '1 day'",
}
PART_OF: Final = {
    **dict.fromkeys(("at", "business_date", "amount", "refers_to"), "entry"),
    "actor": "actor",
    "holder_id": "holder",
    "other_id": "other",
    "fingerprint": "fingerprint",
}
"""The part of the leaf that must be named for a column of an entry."""
