import { grantList, isOnItsOwn, isUserSchema, isVisible, readsList } from './user-objects.ts';

const aggregate = `(SELECT concat_ws(', ', 'SFUNC = ' || g.aggtransfn, 'STYPE = ' || format_type(g.aggtranstype, NULL),
    CASE WHEN g.aggfinalfn <> 0 THEN 'FINALFUNC = ' || g.aggfinalfn END,
    CASE WHEN g.aggcombinefn <> 0 THEN 'COMBINEFUNC = ' || g.aggcombinefn END,
    CASE WHEN g.aggsortop <> 0 THEN 'SORTOP = ' || g.aggsortop::regoperator END,
    'INITCOND = ' || quote_literal(g.agginitval), 'KIND = ' || g.aggkind::text, 'PARALLEL = ' || p.proparallel::text)
  FROM pg_aggregate g WHERE g.aggfnoid = p.oid)`;

/** Those that a range type or a cast brought along are theirs. */
export const functionsSql = `SELECT p.oid, 'functions', json_build_object('schema', n.nspname,
    'name', format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)),
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    'definition', CASE p.prokind WHEN 'a' THEN ${aggregate} ELSE pg_get_functiondef(p.oid) END,
    'owner', pg_get_userbyid(p.proowner),
    'grants', ${grantList('p.proacl', 'f', 'p.proowner', `CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure`)},
    'comment', obj_description(p.oid, 'pg_proc'), 'reads', ${readsList('pg_proc', 'p.oid')})
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${isUserSchema()} AND ${isVisible('p.proname')} AND ${isOnItsOwn('pg_proc', 'p.oid', `'e', 'i'`)}`;
