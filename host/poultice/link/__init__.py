"""The line protocol and what carries it: transports, messages, the client."""
