/**
 * The graph: typed values, nodes and arguments, the builder that checks every node as it is recorded, the verifier
 * that holds a finished graph to its rules, and a text form that prints and parses back.
 */
@NullMarked
package dev.gradwire.graph;

import org.jspecify.annotations.NullMarked;
