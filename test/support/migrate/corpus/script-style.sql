-- As a dump begins.
SET statement_timeout = 0;
SET lock_timeout = '5s';
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET default_tablespace = '';
RESET ALL;
BEGIN;
LOCK TABLE pg_catalog.pg_class IN ACCESS SHARE MODE;
CREATE TABLE public.accounts (
    id bigint NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying NOT NULL,
    created timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT accounts_name_check CHECK (((name)::text <> ''::text))
);
CREATE SEQUENCE public.accounts_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.accounts_id_seq OWNED BY public.accounts.id;
ALTER TABLE ONLY public.accounts ALTER COLUMN id SET DEFAULT nextval('public.accounts_id_seq'::regclass);
ALTER TABLE ONLY public.accounts ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
CREATE INDEX index_accounts_on_name ON public.accounts USING btree (name);
SAVEPOINT here;
INSERT INTO public.accounts (name, created) VALUES ('a', '2026-01-01'), ('b', '2026-01-02');
UPDATE public.accounts SET name = upper(name);
DELETE FROM public.accounts WHERE name = 'A';
RELEASE here;
DO $$ BEGIN CREATE TABLE public.made_by_do (a int); END $$;
SELECT pg_catalog.setval('public.accounts_id_seq', 10, true);
TRUNCATE public.made_by_do;
COMMIT;
ANALYZE public.accounts;
VACUUM public.accounts;
