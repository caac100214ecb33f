/*
 * redzones.h
 *		What the linker puts in the place of PostgreSQL's functions.
 */
#ifndef REDZONES_H
#define REDZONES_H

extern void *__wrap_palloc(Size size);
extern void *__wrap_palloc0(Size size);
extern char *__wrap_pstrdup(const char *text);
extern char *__wrap_pnstrdup(const char *text, Size size);
extern text *__wrap_cstring_to_text(const char *string);
extern text *__wrap_cstring_to_text_with_len(const char *string, int length);
extern void __wrap_pfree(void *pointer);
extern void *__wrap_repalloc(void *pointer, Size size);

#endif							/* REDZONES_H */
