"""The demonstration: three days of a synthetic CRM through Dagster to the partners' sandboxes on this machine."""
