"""The input contract, stated through the pipeline's own steps over real files."""
