"""Notifications (お知らせ): what residents are told, in their inbox and by the ways they chose.

Words owned here: message, inbox, address and channel, outbox, notice and segment, alert, bulletin.
"""
