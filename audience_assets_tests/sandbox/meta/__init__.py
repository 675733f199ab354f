"""The sandbox's Meta, called over HTTP as a partner's program would call it."""
