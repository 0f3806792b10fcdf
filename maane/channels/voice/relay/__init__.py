"""The engine that speaks over Twilio's ConversationRelay: one socket a call, words both ways."""
