package dev.gradwire.kernel.vector;

/**
 * An elementwise loop that stands for itself: each is compiled alone, so that the interpreter's own code stays small
 * however long the functions are.
 */
@FunctionalInterface
interface Loop {
    /** Computes n elements at d from those at a and, where it takes two, b. */
    void run(long d, long a, long b, int n);
}
