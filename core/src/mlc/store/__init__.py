"""What is remembered: schema, migrations, one module per group of tables."""
