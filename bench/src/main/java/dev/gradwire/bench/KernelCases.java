package dev.gradwire.bench;

import java.util.ArrayList;
import java.util.List;

/** All kernels that are timed. */
final class KernelCases {
    private static final List<Way> TIERS = List.of(Way.TIER_0, Way.TIER_1, Way.LIBTORCH);
    private static final List<Way> PARTS = List.of(Way.PARTS, Way.LIBTORCH);

    private static final List<String> FUNCTIONS = List.of(
            "exp(x)",
            "log(x)",
            "log1p(x)",
            "sin(x)",
            "tanh(x)",
            "sigmoid(x)",
            "erf(x)",
            "lgamma(x)",
            "gelu(x)",
            "mul(x, y)",
            "pow(x, y)");
    private static final List<String> FUNCTIONS_OF_DOUBLES =
            List.of("exp(x)", "log(x)", "sin(x)", "tanh(x)", "erf(x)", "pow(x, y)");

    /** Less than a vector, a tile with a tail, and more than the caches next to a core hold. */
    private static final List<Integer> SIZES = List.of(13, 4098, 1 << 20);

    private static final int SIZE_OF_DOUBLES = 4098;

    private static final List<String> OF_ROWS = List.of(
            "sum(x, 1)", "amax(x, 1)", "softmax(x, 1)", "log_softmax(x, 1)", "layer_norm(x, [768], weight, bias)");

    private static final int SCAN_STEPS = 1000;

    /** As in workload {@code loop}. */
    private static final List<String> STEP = List.of(
            "sine = sin(h)",
            "first = mul(sine, a)",
            "second = mul(h, b)",
            "bent = tanh(h)",
            "third = mul(c, bent)",
            "difference = sub(first, second)",
            "slope = add(difference, third)",
            "moved = mul(slope, 0.01)",
            "next = add(h, moved)");

    private KernelCases() {}

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (String call : FUNCTIONS) {
            SIZES.forEach(size -> cases.add(function(call, "float32", size)));
        }
        FUNCTIONS_OF_DOUBLES.forEach(call -> cases.add(function(call, "float64", SIZE_OF_DOUBLES)));
        OF_ROWS.forEach(call -> cases.add(ofRows(call, 512, 768)));
        cases.add(ofRows("softmax(x, 1)", 4098, 13));
        cases.add(product("float32", 128, 784, 512, false, false));
        cases.add(product("float32", 1024, 256, 1024, false, false));
        cases.add(product("float32", 1024, 256, 1024, true, false));
        cases.add(product("float32", 1024, 256, 1024, false, true));
        cases.add(product("float64", 128, 784, 512, false, false));
        cases.add(pooling(32, 32, 32));
        cases.add(scan(STEP.subList(0, 1), "sine"));
        cases.add(scan(STEP, "next"));
        return cases;
    }

    private static String name(String call) {
        return call.substring(0, call.indexOf('('));
    }

    private static KernelCase function(String call, String dtype, long elements) {
        String second = call.contains("y") ? "y: %s[%d]\n".formatted(dtype, elements) : "";
        String text = "x: %s[%d]\n%sr = %s\nreturn r\n".formatted(dtype, elements, second, call);
        return new KernelCase(name(call), dtype, String.valueOf(elements), elements, "element", text, TIERS);
    }

    private static KernelCase ofRows(String call, long rows, long columns) {
        String affine =
                call.contains("weight") ? "weight: float32[%d]\nbias: float32[%d]\n".formatted(columns, columns) : "";
        String text = "x: float32[%d, %d]\n%sr = %s\nreturn r\n".formatted(rows, columns, affine, call);
        return new KernelCase(name(call), "float32", rows + "x" + columns, rows * columns, "element", text, TIERS);
    }

    private static KernelCase product(String dtype, long m, long k, long n, boolean left, boolean right) {
        String a = left ? k + ", " + m : m + ", " + k;
        String b = right ? n + ", " + k : k + ", " + n;
        String text = "a: %s[%s]\nb: %s[%s]\n".formatted(dtype, a, dtype, b)
                + (left ? "at = t(a)\n" : "")
                + (right ? "bt = t(b)\n" : "")
                + "r = mm(%s, %s)\nreturn r\n".formatted(left ? "at" : "a", right ? "bt" : "b");
        String kernel = left ? "mm aT·b" : right ? "mm a·bT" : "mm";
        return new KernelCase(kernel, dtype, m + "x" + k + "x" + n, m * k * n, "multiply-add", text, PARTS);
    }

    private static KernelCase pooling(long batch, long channels, long side) {
        String text = "x: float32[%d, %d, %d, %d]\nr = max_pool2d_with_indices(x, [2, 2])\nreturn r\n"
                .formatted(batch, channels, side, side);
        return new KernelCase(
                "max_pool2d 2x2",
                "float32",
                "%dx%dx%dx%d".formatted(batch, channels, side, side),
                batch * channels * side * side,
                "element",
                text,
                PARTS);
    }

    private static KernelCase scan(List<String> body, String last) {
        String text = "def step(h, a, b, c):\n  " + String.join("\n  ", body) + "\n  return " + last + "\n"
                + "h: float32[16]\na: float32[16]\nb: float32[16]\nc: float32[16]\n"
                + "r = scan(@step, [h], [], [a, b, c], length=%d)\nreturn r\n".formatted(SCAN_STEPS);
        String kernel = "scan of " + body.size() + (body.size() == 1 ? " operator" : " operators");
        return new KernelCase(kernel, "float32", "16", (long) SCAN_STEPS * body.size(), "operator", text, TIERS);
    }
}
