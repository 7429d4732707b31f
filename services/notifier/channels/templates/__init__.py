"""Message templates: words and fields in, an e-mail's parts or a letter's blocks out."""

from services.notifier.channels.templates.catalogue import MessageTemplates

__all__ = ["MessageTemplates"]
