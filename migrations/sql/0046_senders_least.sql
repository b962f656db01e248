-- Text messages are counted for each person, and the sender reads no more of preferences than it needs.

-- A text message costs the region money: who pays himself a yen all day gets no more than some of them.
CREATE INDEX outbox_text_messages ON notifications.outbox (region_id, person_id, made_at)
    WHERE channel = 'sms' AND kind <> 'emergency';

-- Where somebody lives and what interests them is for matching, and not for sending.
REVOKE SELECT ON notifications.preference FROM meguri_sender;
GRANT SELECT (region_id, person_id, language, muted) ON notifications.preference TO meguri_sender;
