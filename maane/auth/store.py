"""Every query on users and sessions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from maane.auth.models import LoginSession, LoginThrottle, User
from maane.kit.db import upsert


def find_user(tx: Session, email: str) -> User | None:
    return tx.scalars(select(User).where(User.email == email)).one_or_none()


def find_users(tx: Session, user_ids: Collection[int]) -> Sequence[User]:
    return tx.scalars(select(User).where(User.id.in_(user_ids))).all()


def list_users_of(tx: Session, business_id: int, limit: int) -> Sequence[User]:
    """Those who can sign in and are at home in a business, by name."""
    return tx.scalars(
        select(User)
        .where(User.tenant_id == business_id, User.disabled_at.is_(None))
        .order_by(User.name, User.id)
        .limit(limit)
    ).all()


def count_users(tx: Session) -> int:
    return tx.scalar(select(func.count()).select_from(User)) or 0


def add_session(tx: Session, row: LoginSession) -> None:
    tx.add(row)
    tx.flush()


def rotate_session(tx: Session, session_id: int, values: dict[str, object]) -> bool:
    """Changes a session's row; False when the session has ended."""
    statement = update(LoginSession).where(LoginSession.id == session_id).values(**values)
    return tx.execute(statement.returning(LoginSession.id)).first() is not None


def delete_session(tx: Session, session_id: int, user_id: int) -> bool:
    statement = delete(LoginSession).where(
        LoginSession.id == session_id, LoginSession.user_id == user_id
    )
    return tx.execute(statement.returning(LoginSession.id)).first() is not None


def delete_expired(tx: Session, at: datetime) -> None:
    tx.execute(delete(LoginSession).where(LoginSession.expires_at <= at))


def list_sessions(tx: Session, user_id: int, at: datetime) -> Sequence[LoginSession]:
    return tx.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.expires_at > at)
        .order_by(LoginSession.id.desc())
        .limit(200)
    ).all()


def find_throttle(tx: Session, key: str) -> LoginThrottle | None:
    return tx.get(LoginThrottle, key)


def count_failure(tx: Session, key: str, at: datetime, forget_before: datetime) -> None:
    """Adds one failure in one statement, so that parallel guesses are all counted."""
    statement = upsert(tx, LoginThrottle).values(key=key, failures=1, last_failed_at=at)
    is_old = LoginThrottle.last_failed_at < forget_before
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[LoginThrottle.key],
            set_={
                "failures": case((is_old, 1), else_=LoginThrottle.failures + 1),
                "last_failed_at": at,
            },
        )
    )


def forget_failures(tx: Session, keys: Sequence[str]) -> None:
    tx.execute(delete(LoginThrottle).where(LoginThrottle.key.in_(keys)))
