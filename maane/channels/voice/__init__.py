"""The phone: a business's number at Twilio, and how calls to it are spoken."""
