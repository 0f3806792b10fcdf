"""WhatsApp, as Meta's Cloud API speaks it, and the simulator that speaks the same."""
