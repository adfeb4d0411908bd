"""Creates the tables on an engine that we run ourselves; in the cloud the template does it (infra/)."""

from collections.abc import Iterable

from chalicelib.store.connection import connection, table_name, table_shape


def create_all(units: Iterable[str]) -> list[str]:
    """Create what is missing, idempotently; returns the names of the tables that were made."""
    client = connection().client
    made = []
    for unit in units:
        name = table_name(unit)
        try:
            client.create_table(
                **table_shape(name),
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            )
        except client.exceptions.ResourceInUseException:
            continue
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
        made.append(name)
    return made
