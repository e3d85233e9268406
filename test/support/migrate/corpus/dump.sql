--
-- PostgreSQL database dump
--

\restrict v8QnKqOrs

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET row_security = off;

CREATE FUNCTION public.recent() RETURNS bigint
    LANGUAGE sql STABLE
    AS $$ SELECT count(*) FROM public.events $$;
ALTER FUNCTION public.recent() OWNER TO postgres;
SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE public.events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text
)
PARTITION BY RANGE (at);
ALTER TABLE public.events OWNER TO postgres;
CREATE TABLE public.events_2026 (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text
);
CREATE TABLE public.parent (
    a integer
);
CREATE TABLE public.child (
    b integer
)
INHERITS (public.parent);
CREATE SEQUENCE public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.events_id_seq OWNER TO postgres;
ALTER SEQUENCE public.events_id_seq OWNED BY public.events.id;
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2026 FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);
ALTER TABLE ONLY public.parent ALTER COLUMN a SET DEFAULT 4;
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id, at);
ALTER TABLE ONLY public.events_2026
    ADD CONSTRAINT events_2026_pkey PRIMARY KEY (id, at);
CREATE INDEX events_kind_idx ON ONLY public.events USING btree (kind);
CREATE INDEX events_2026_kind_idx ON public.events_2026 USING btree (kind);
ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_2026_kind_idx;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_2026_pkey;
REVOKE ALL ON FUNCTION public.recent() FROM PUBLIC;
GRANT SELECT ON TABLE public.events TO pg_monitor;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;

\unrestrict v8QnKqOrs
