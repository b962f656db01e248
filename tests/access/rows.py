"""One row in every table of access and residents, of lists and simulations: for tests of all."""

from typing import Final
from uuid import uuid4

from core.database import Database, bare

_ROWS: Final = """
    INSERT INTO residents.person (region_id, person_id, phone, name)
        VALUES ({region}, '{a}', '+819012345678', '世田谷 花子');
    INSERT INTO residents.number_change (region_id, change_id, person_id, new_phone, holds_from)
        VALUES ({region}, '{b}', '{a}', '+819087654321', clock_timestamp());
    INSERT INTO residents.verification (region_id, verification_id, person_id, tier, method,
                                        evidence, verified_by, expires_on)
        VALUES ({region}, '{b}', '{a}', 'verified_resident', 'document', 'passport',
                'admin:{c}', '2030-01-31');
    INSERT INTO residents.consent (region_id, consent_id, person_id, purpose, is_given)
        VALUES ({region}, '{b}', '{a}', 'terms', true);
    INSERT INTO campaigns.benefit_list (region_id, list_id, benefit_id, made_by)
        SELECT {region}, '{b}', holder_id, '{c}' FROM ledger.holder
         WHERE region_id = {region} AND kind = 'issuer';
    INSERT INTO campaigns.benefit_line (region_id, line_id, list_id, line, reference, mac)
        VALUES ({region}, '{b}', '{b}', 1, 'A-1', sha256('{d}'));
    INSERT INTO campaigns.benefit_decline (region_id, line_id, person_id)
        VALUES ({region}, '{b}', '{a}');
    INSERT INTO access.login (region_id, login_id, email, email_key, name)
        VALUES ({region}, '{c}', 'hanako@example.jp', 'hanako@example.jp', '世田谷 花子');
    INSERT INTO access.post (region_id, post_id, login_id, face, role, given_by)
        VALUES ({region}, '{b}', '{c}', 'admin', 'desk', 'admin:{c}');
    INSERT INTO access.invitation (region_id, invitation_id, secret_hash, email, email_key, face,
                                   role, made_by, expires_at)
        VALUES ({region}, '{b}', sha256('{b}'), 'taro@example.jp', 'taro@example.jp', 'admin',
                'city', 'admin:{c}', clock_timestamp());
    INSERT INTO access.device (region_id, device_id, subject_id, face, kind, public_key, name)
        VALUES ({region}, '{d}', '{a}', 'resident', 'key', sha256('{d}'), '電話');
    INSERT INTO access.login_device (region_id, login_id, device_id)
        VALUES ({region}, '{c}', '{d}');
    INSERT INTO access.session (region_id, session_id, face, subject_id, device_id, method,
                                expires_at)
        VALUES ({region}, '{b}', 'resident', '{a}', '{d}', 'sms', clock_timestamp());
    INSERT INTO access.refresh (region_id, token_hash, session_id, expires_at)
        VALUES ({region}, sha256('{d}'), '{b}', clock_timestamp());
    INSERT INTO access.challenge (region_id, challenge_id, purpose, secret_hash, tries_left,
                                  expires_at)
        VALUES ({region}, '{b}', 'test', sha256('{d}'), 1, clock_timestamp());
    INSERT INTO access.allowance (region_id, name, key, begins_at, ends_at, used)
        VALUES ({region}, 'test', sha256('{d}'), clock_timestamp(), clock_timestamp(), 1);
    INSERT INTO access.failure (region_id, name, key, failures)
        VALUES ({region}, 'test', sha256('{d}'), 1);
    INSERT INTO access.recovery_code (region_id, login_id, code_hash)
        VALUES ({region}, '{c}', sha256('{d}'));
    INSERT INTO access.message (region_id, message_id, channel, purpose, address, body, expires_at)
        VALUES ({region}, '{b}', 'sms', 'test', '+819012345678', '123456', clock_timestamp());
    INSERT INTO access.client (region_id, client_id, secret_hash, merchant_id, name, made_by,
                               kept_by)
        VALUES ({region}, '{b}', sha256('{d}'), '{b}', 'レジ', 'merchant:{c}', '{c}');
    INSERT INTO access.request (region_id, request_id, kind, object_id, facts, reason, made_by,
                                made_with, expires_at)
        VALUES ({region}, '{b}', 'test', '{a}', '{{}}', 'lost', '{c}', '{{}}', clock_timestamp()),
               ({region}, '{c}', 'campaign.approval', '{a}', '{{}}', 'the council decided', '{c}',
                '{{}}', clock_timestamp());
    INSERT INTO campaigns.simulation (region_id, simulation_id, asked_by, role, asked_at, asked_on,
                                      form_hash, question)
        VALUES ({region}, '{b}', 'admin:{c}', 'finance', clock_timestamp(), current_date,
                sha256('{d}'), '{{}}');
    INSERT INTO access.act (region_id, act_id, actor, act, person_id, reason)
        VALUES ({region}, '{b}', 'admin:{c}', 'person.looked_at', '{a}', 'asked at the counter');
"""


async def fill_access(database: Database, region_id: int) -> None:
    """Put one row into each table of the region."""
    names = {letter: uuid4() for letter in "abcd"}
    async with database.transaction(region_id) as session:
        await (await bare(session)).execute(_ROWS.format(region=region_id, **names))
