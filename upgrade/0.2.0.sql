/*
 * session_group: from 0.2.0 to this version. Here stands what is neither new as a whole nor can
 * simply be run again; make adds the rest from the parts of the install script.
 */

\echo Use "ALTER EXTENSION session_group UPDATE" to load this file. \quit

