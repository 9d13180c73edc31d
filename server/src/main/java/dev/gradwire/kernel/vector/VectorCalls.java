package dev.gradwire.kernel.vector;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Collections;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/**
 * Calls of vector functions through constant method handles.
 *
 * <p>The compiler stops inlining ordinary methods when a method has grown to some forty vector operations (C2's
 * NodeCountInliningCutoff), and a vector passed to a call that is not inlined becomes an object in memory. What is
 * called through a constant handle is inlined at a later stage, with a wider limit.
 */
final class VectorCalls {
    private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

    private VectorCalls() {}

    /** The function of that name with so many vectors as parameters. */
    static MethodHandle of(Class<?> home, String name, Class<?> vector, int parameters) {
        return find(home, name, MethodType.methodType(vector, Collections.nCopies(parameters, vector)));
    }

    private static MethodHandle find(Class<?> home, String name, MethodType type) {
        try {
            return HERE.findStatic(home, name, type);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(home + " has no " + name + type, e);
        }
    }

    static FloatVector call(MethodHandle function, FloatVector x) {
        try {
            return (FloatVector) function.invokeExact(x);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static DoubleVector call(MethodHandle function, DoubleVector x) {
        try {
            return (DoubleVector) function.invokeExact(x);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Vector functions declare no exceptions: what comes is an error or a runtime exception. */
    static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }
}
