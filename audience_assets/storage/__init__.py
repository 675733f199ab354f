"""Where files rest: on this machine and at a partner, each behind one small face."""
