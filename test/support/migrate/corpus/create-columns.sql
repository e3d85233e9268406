-- Columns of every sort that a document has a field for.
CREATE TABLE plain (a int, b text, c timestamptz);
CREATE TABLE not_null (a int NOT NULL, b text NULL, c numeric(10, 2) NOT NULL DEFAULT 1.50);
CREATE TABLE defaults (
  a int DEFAULT 0,
  b int DEFAULT -1,
  c text DEFAULT 'it''s',
  d text DEFAULT E'tab\there\\',
  e boolean DEFAULT true,
  f boolean NOT NULL DEFAULT false,
  g text DEFAULT NULL,
  h timestamptz DEFAULT now(),
  i jsonb DEFAULT '{}'::jsonb,
  j uuid DEFAULT gen_random_uuid(),
  k int[] DEFAULT '{1,2}',
  l numeric DEFAULT 1e3,
  m bigint DEFAULT 9223372036854775807,
  n float8 DEFAULT 0.25,
  o date DEFAULT CURRENT_DATE,
  p interval DEFAULT '1 day'::interval,
  q varchar(5) DEFAULT 'abc'::varchar(5),
  r text DEFAULT '' || 'x' -- joined
    || 'y',
  s char(3) DEFAULT 'abc',
  t bit(3) DEFAULT B'101',
  u text DEFAULT $$dollar$$,
  v text DEFAULT U&'d\0061t\+000061'
);
CREATE TABLE types (
  a varchar(20), b character varying (30), c double precision, d timestamp(3) with time zone, e time without time zone,
  f numeric(12), g int4[][], h text array[3], i interval day to second(2), j bit varying(8), k "char", l pg_catalog.int8,
  m character(4), n national character varying(6), o smallint, p real, q oid, r inet, s point, t xml, u tsvector, v int4range
);
CREATE TABLE serials (a serial, b bigserial NOT NULL, c smallserial PRIMARY KEY, d serial8 UNIQUE);
CREATE TABLE "Odd Names" ("a b" int, "C""d" text DEFAULT 'x', "select" int);
CREATE TABLE "Odd""Quote" ("a b" int NOT NULL, "C""d" text DEFAULT 'x', "select" int UNIQUE, "größe" numeric CHECK ("größe" > 0), größe2 int);
CREATE TABLE IF NOT EXISTS guarded (a int);
CREATE TABLE IF NOT EXISTS guarded (b text);
CREATE TABLE UPPER_Case (ID int, "Id" int);
/* a comment /* in a comment */ */ CREATE /* here */ TABLE commented /* and */ (a /* there */ int -- to the end
  , b text /* x */ DEFAULT /* y */ 'z' /* w */ NOT NULL);
CREATE TABLE public.qualified (a int);
CREATE TABLE _ (_ int);
