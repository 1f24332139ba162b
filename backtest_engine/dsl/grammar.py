"""The grammar of one line, for lark's LALR parser. Keywords may be written in small letters."""

# No value, LET, set, grade or card of a comparison may be called so.
RESERVED = (
    *("universe", "let", "if", "then", "hold", "buy", "sell", "all", "and", "or", "not", "in"),
    *("copy", "copies", "position", "positions", "crosses"),
)

GRAMMAR = r"""
statement: UNIVERSE expression            -> universe
         | LET NAME EQUALS expression     -> let
         | IF expression THEN deed        -> when
         | RANK_BY expression             -> rank
         | HOLD cap (COMMA cap)*          -> hold

deed: BUY PERCENT OF_EQUITY                                   -> buy_share
    | BUY PERCENT OF_EQUITY COMMA AT_MOST NUMBER COPIES       -> buy_share
    | BUY NUMBER COPIES                                       -> buy_copies
    | SELL ALL                                                -> sell_all
    | SELL PERCENT                                            -> sell_share
    | SELL NUMBER COPIES                                      -> sell_copies

cap: AT_MOST NUMBER POSITIONS   -> positions_cap
   | AT_MOST PERCENT IN_ONE NAME -> share_cap

?expression: conjunction | conjunction (OR conjunction)+ -> either
?conjunction: negation | negation (AND negation)+        -> every
?negation: NOT negation -> not_ | comparison
?comparison: sum
           | sum COMPARES sum               -> compare
           | sum EQUALS sum                 -> compare
           | sum CROSSES sum                -> crossing
           | sum IN _OPEN MEMBER (COMMA MEMBER)* _CLOSE      -> membership
           | sum NOT IN _OPEN MEMBER (COMMA MEMBER)* _CLOSE  -> membership
?sum: product | sum PLUS product -> arithmetic | sum MINUS product -> arithmetic
?product: signed | product TIMES signed -> arithmetic | product OVER signed -> arithmetic
?signed: MINUS signed -> minus | atom
?atom: NUMBER   -> number
     | PERCENT  -> percent
     | DURATION -> duration
     | BUY -> action | SELL -> action | HOLD -> action
     | NAME -> name
     | NAME _OPEN expression (COMMA expression)* _CLOSE -> call
     | _OPEN expression _CLOSE -> group

UNIVERSE.9: /universe\b/i
LET.9: /let\b/i
IF.9: /if\b/i
THEN.9: /then\b/i
RANK_BY.9: /rank\s+by\b/i
HOLD.9: /hold\b/i
BUY.9: /buy\b/i
SELL.9: /sell\b/i
ALL.9: /all\b/i
AND.9: /and\b/i
OR.9: /or\b/i
NOT.9: /not\b/i
IN_ONE.10: /in\s+one\b/i
IN.9: /in\b/i
OF_EQUITY.9: /of\s+equity\b/i
AT_MOST.9: /at\s+most\b/i
COPIES.9: /cop(y|ies)\b/i
POSITIONS.9: /positions?\b/i
CROSSES.9: /crosses\s+(above|below)\b/i
COMPARES.5: /<=|>=|!=|<|>/
EQUALS: "="
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
COMMA: ","
_OPEN: "("
_CLOSE: ")"
PERCENT.4: /\d+(\.\d+)?\s*%/
DURATION.4: /\d+\s*(days?|weeks?|years?|d)\b/i
NUMBER.3: /\d+(\.\d+)?(e[+-]?\d+)?(?![\w.])/i
NAME.2: /(?!(?:@RESERVED@)\b)[a-z_][a-z0-9_]*(\.[0-9]+)?/i
MEMBER.1: /[a-z0-9][a-z0-9_.~-]*/i

%ignore /[ \t]+/
""".replace("@RESERVED@", "|".join(RESERVED))
