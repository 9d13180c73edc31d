/**
 * Who may call: TLS with certificates that are read again while serving, tokens, and one table that says which caller each
 * method is for.
 */
@NullMarked
package dev.gradwire.service.security;

import org.jspecify.annotations.NullMarked;
