"""What must never happen, tried: nobody's data where it may not be, no wrong removal after a fault, no crash on any input."""
