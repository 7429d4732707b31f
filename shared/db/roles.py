"""What the database role of a service may do: row-level security must hold for it."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class UnsafeRole(RuntimeError):
    """the service's database role could see other agencies' rows: use the app role made by
    `kundentakt migrate` (no superuser, no BYPASSRLS, owner of nothing, member of no such role)"""


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What the role of a connection may do."""

    role: str
    superuser: bool
    bypasses: bool
    owns_tables: bool
    member_of: tuple[str, ...] = ()
    """Roles whose rights and policies it has besides its own: the sweep's would show it all."""

    @property
    def safe(self) -> bool:
        """Whether row-level security holds for this role."""
        return not (self.superuser or self.bypasses or self.owns_tables or self.member_of)

    def require_safe(self) -> None:
        """Raises UnsafeRole."""
        if not self.safe:
            raise UnsafeRole(f"role {self.role}: {UnsafeRole.__doc__}")


async def role_facts(connection: AsyncConnection) -> RoleFacts:
    """The rights of the role that a connection uses."""
    row = (await connection.execute(_ROLE_FACTS)).one()
    return RoleFacts(
        role=row.role,
        superuser=row.superuser,
        bypasses=row.bypasses,
        owns_tables=row.owns_tables,
        member_of=tuple(row.member_of),
    )


_ROLE_FACTS = text(
    """
    SELECT rolname AS role, rolsuper AS superuser, rolbypassrls AS bypasses,
           EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')
                     AND relnamespace = 'public'::regnamespace) AS owns_tables,
           ARRAY(SELECT other.rolname::text FROM pg_roles AS other
                  WHERE other.oid <> pg_roles.oid
                    AND pg_has_role(pg_roles.oid, other.oid, 'MEMBER')
                    AND (other.rolsuper OR other.rolbypassrls
                         OR EXISTS (SELECT 1 FROM pg_policy WHERE other.oid = ANY (polroles))
                         OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = other.oid
                                     AND relnamespace = 'public'::regnamespace))) AS member_of
      FROM pg_roles WHERE rolname = current_user
    """
)
