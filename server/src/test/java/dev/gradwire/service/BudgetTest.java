package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What all calls share, and what one tenant may have of it. */
final class BudgetTest {
    private final Budget budget = new Budget(new Limits(Map.of(
            Limit.MAX_PEAK_BYTES, 1000L,
            Limit.MAX_FLOPS, 50L,
            Limit.MAX_SHARED_FLOPS, 100L,
            Limit.MAX_GRAPH_NODES, 5L,
            Limit.MAX_SHARED_NODES, 10L)));

    private static Cost cost(String text) {
        List<Long> parts =
                Pattern.compile("/").splitAsStream(text).map(Long::valueOf).toList();
        return new Cost(parts.get(0), parts.get(1), parts.get(2));
    }

    /** Costs are bytes/FLOPs/nodes; {@code ''} is the caller without a name. */
    @ParameterizedTest
    @CsvSource({
        "'', 1000/100/10, b, 1/0/0, MEMORY_EXHAUSTED, max_peak_bytes",
        "'', 1000/100/10, b, 0/1/0, FLOPS_EXHAUSTED, max_shared_flops",
        "'', 1000/100/10, b, 0/0/1, NODES_EXHAUSTED, max_shared_nodes",
        "a, 750/75/7, a, 1/0/0, TENANT_EXHAUSTED, max_tenant_percent",
        "a, 750/75/7, a, 0/1/0, TENANT_EXHAUSTED, max_tenant_percent",
        "a, 750/75/7, a, 0/0/1, TENANT_EXHAUSTED, max_tenant_percent",
        "a, 0/0/0, a, 751/0/0, LIMIT_EXCEEDED, max_tenant_percent",
        "a, 750/75/7, b, 250/25/3, '', ''",
        "'', 900/90/9, '', 100/10/1, '', ''",
    })
    void isSharedByRule(String tenant, String held, String next, String wanted, String reason, String limit) {
        Lease first = budget.take(tenant, cost(held));
        if (reason.isEmpty()) {
            budget.take(next, cost(wanted)).close();
        } else {
            Refusal refusal = catchThrowableOfType(Refusal.class, () -> budget.take(next, cost(wanted)));
            assertThat(refusal.reason()).isEqualTo(reason);
            assertThat(refusal.metadata()).containsEntry("limit", limit);
            assertThat(refusal.retryAfter() == null).isEqualTo(reason.equals("LIMIT_EXCEEDED"));
        }
        first.close();
        assertThat(budget.leases()).isZero();
        assertThat(budget.used().isZero()).isTrue();
    }

    @Test
    void closingAgainChangesNothing() {
        Lease lease = budget.take("a", cost("1/1/1"));
        budget.take("b", cost("2/2/2"));
        lease.close();
        lease.close();
        assertThat(budget.used()).isEqualTo(cost("2/2/2"));
        assertThat(budget.leases()).isOne();
    }
}
