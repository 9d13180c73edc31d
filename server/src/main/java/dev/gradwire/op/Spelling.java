package dev.gradwire.op;

import java.util.List;
import java.util.Map;

/**
 * What Python calls an operator, in ATen's words: namespaces ({@code nn.functional.gelu}, {@code linalg.solve}), the
 * methods behind Python's signs ({@code __radd__}), and the few functions of another name.
 */
final class Spelling {
    /** Namespaces whose functions have their own names in ATen. */
    private static final List<String> DROPPED = List.of("aten.", "torch.", "nn.functional.", "Tensor.");

    /** Namespaces that are part of the name in ATen. */
    private static final List<String> JOINED = List.of("linalg.", "fft.", "special.");

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("T", "numpy_T"),
            Map.entry("H", "matrix_H"),
            Map.entry("__add__", "add"),
            Map.entry("__radd__", "add"),
            Map.entry("__sub__", "sub"),
            Map.entry("__rsub__", "rsub"),
            Map.entry("__mul__", "mul"),
            Map.entry("__rmul__", "mul"),
            Map.entry("__truediv__", "div"),
            Map.entry("__mod__", "remainder"),
            Map.entry("__pow__", "pow"),
            Map.entry("__matmul__", "matmul"),
            Map.entry("__neg__", "neg"),
            Map.entry("__abs__", "abs"),
            Map.entry("__invert__", "bitwise_not"),
            Map.entry("__and__", "bitwise_and"),
            Map.entry("__or__", "bitwise_or"),
            Map.entry("__xor__", "bitwise_xor"),
            Map.entry("__eq__", "eq"),
            Map.entry("__ne__", "ne"),
            Map.entry("__lt__", "lt"),
            Map.entry("__le__", "le"),
            Map.entry("__gt__", "gt"),
            Map.entry("__ge__", "ge"),
            Map.entry("cross_entropy", "cross_entropy_loss"),
            Map.entry("logsigmoid", "log_sigmoid"));

    private Spelling() {}

    /** ATen's name, or the name as it is. */
    static String inAten(String name) {
        String bare = name;
        for (String namespace : DROPPED) {
            bare = bare.startsWith(namespace) ? bare.substring(namespace.length()) : bare;
        }
        for (String namespace : JOINED) {
            if (bare.startsWith(namespace)) {
                return bare.replaceFirst("\\.", "_");
            }
        }
        return NAMES.getOrDefault(bare, bare);
    }
}
