"""A reader of an object's DDL after the verb: flags, the name, and `key = value` properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot.tokenizer_core import Token, TokenType

from local.warehouse.errors import syntax_error


class Reader:
    """A cursor over a statement's tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = [word for token in tokens for word in _words(token)]

    def take(self, text: str) -> bool:
        """Return whether these words come next, and skip them if so."""
        words = text.split()
        found = [token.text.upper() for token in self._tokens[: len(words)]] == words
        if found:
            del self._tokens[: len(words)]
        return found

    def expect(self, text: str) -> None:
        """Skip these words; raise if others come."""
        if not self.take(text):
            raise syntax_error(f"{text} is expected, and all that is offered here.")

    def name(self) -> str:
        """Return a possibly qualified name, unquoted parts in capitals, joined by dots."""
        parts = [self._part()]
        while self._tokens and self._tokens[0].token_type is TokenType.DOT:
            self._tokens.pop(0)
            parts.append(self._part())
        return ".".join(parts)

    def words_until(self, *ends: str) -> str:
        """Return the words up to one of these, in capitals; all of them if none comes."""
        words: list[str] = []
        while self._tokens and self._tokens[0].text.upper() not in ends:
            words.append(self._next().text.upper())
        return " ".join(words)

    def text(self) -> str:
        """Return the next token's text, unchanged."""
        return self._next().text

    def rest(self) -> list[str]:
        """Return the text of each remaining token."""
        rest, self._tokens = [token.text for token in self._tokens], []
        return rest

    def properties(self) -> dict[str, Any]:
        """Return `key = value` pairs: strings, words as text, true, false as bool, (…) as list."""
        found: dict[str, Any] = {}
        while self._tokens and self._tokens[0].token_type is not TokenType.R_PAREN:
            if self._skip(TokenType.COMMA):
                continue
            key = self._next().text.upper()
            if not self._skip(TokenType.EQ):
                raise syntax_error(f"unexpected '{key}'.")
            found[key] = self._value()
        return found

    def _value(self) -> Any:
        token = self._next()
        if token.token_type is TokenType.L_PAREN:
            return self._parenthesis()
        if token.token_type is TokenType.STRING:
            return token.text
        if token.token_type is TokenType.IDENTIFIER:
            return f'"{token.text}"'
        return {"TRUE": True, "FALSE": False}.get(token.text.upper(), token.text)

    def _parenthesis(self) -> Any:
        nested = len(self._tokens) > 1 and self._tokens[1].token_type is TokenType.EQ
        content = self.properties() if nested else self._list()
        if not self._skip(TokenType.R_PAREN):
            raise syntax_error("missing ')'.")
        return content

    def _list(self) -> list[Any]:
        items: list[Any] = []
        while self._tokens and self._tokens[0].token_type is not TokenType.R_PAREN:
            if not self._skip(TokenType.COMMA):
                items.append(self._value())
        return items

    def _part(self) -> str:
        token = self._next()
        return token.text if token.token_type is TokenType.IDENTIFIER else token.text.upper()

    def _skip(self, kind: TokenType) -> bool:
        found = bool(self._tokens) and self._tokens[0].token_type is kind
        if found:
            self._tokens.pop(0)
        return found

    def _next(self) -> Token:
        if not self._tokens:
            raise syntax_error("unexpected end of the statement.")
        return self._tokens.pop(0)


def _words(token: Token) -> list[Token]:
    """Return each word by itself; sqlglot makes one token of STORAGE INTEGRATION."""
    if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return [token]
    return [Token(token.token_type, word) for word in token.text.split()]
