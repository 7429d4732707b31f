"""What recipients answer by the page behind a message's button."""

from typing import Literal

MessageAnswer = Literal["call_me", "accept", "decline", "other_time"]

AnswerAbout = Literal["event", "appointment", "changes", "talk"]
"""What a message asks: to come to an event, to make an appointment, whether anything changed, or
whether to talk about its matter. The same answer means another thing to each."""

DayPart = Literal["morning", "afternoon", "evening"]
