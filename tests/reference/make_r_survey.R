# Design-based estimates of R's survey on the test panel, written to numbers/r_survey.json.
# Run from the project's top folder:  Rscript tests/reference/make_r_survey.R
suppressPackageStartupMessages({library(survey); library(jsonlite)})
v <- function(k) ((k * k * 7919 + k * 104729 + 12345) %% 100003) / 100003
d <- expand.grid(t = 1:8, i = 1:60); d$k <- 8 * (d$i - 1) + d$t
d$g <- c(0, 4, 5, 7)[d$i %% 4 + 1]; d$D <- as.integer(d$g > 0 & d$t >= d$g)
d$x <- v(1000 + d$i); d$z <- v(2000 + d$k); d$w <- 3 * (0.5 + v(3000 + d$i)); d$c <- 1 + (d$i - 1) %/% 5
d$y <- 1 + 2 * v(5000 + d$i) + 0.2 * d$t + 0.3 * d$x * d$t + 0.5 * d$z + d$D * (0.4 + 0.1 * (d$t - d$g)) + v(4000 + d$k) - 0.5
stopifnot(abs(sum(d$y) - 1956.3339819805) < 1e-8)
# strata of three clusters c, primary units i (60) or i numbered anew in each stratum, second stage t
d$s <- 1 + (d$c - 1) %/% 3; d$j <- (d$i - 1) %% 15 + 1; d$N1 <- 20 + 10 * d$s; d$N2 <- 12
d$f <- 1 + d$k %% 3; d$lone <- ifelse(d$i == 1, 9, d$s)
designs <- list(
  weights = svydesign(~1, weights = ~w, data = d),
  clustered = svydesign(~i, weights = ~w, data = d),
  stratified = svydesign(~i, strata = ~s, weights = ~w, data = d),
  nested = svydesign(~j, strata = ~s, weights = ~w, data = d, nest = TRUE),
  finite = svydesign(~i, strata = ~s, weights = ~w, fpc = ~N1, data = d),
  two_stages = svydesign(~i + t, strata = ~s, weights = ~w, fpc = ~N1 + N2, data = d),
  lone = svydesign(~i, strata = ~lone, weights = ~w, data = d))
plain <- function(e) list(estimate = unname(coef(e)), se = unname(SE(e)))
domains <- list(all = quote(rep(TRUE, nrow(d))), early = quote(d$t <= 5), half = quote(d$z > 0.5), few = quote(d$c <= 4 & d$z > 0.3))
out <- list()
for (name in names(designs)) for (rule in if (name == "lone") c("certainty", "adjust", "average") else "fail") {
  options(survey.lonely.psu = rule)
  for (dom in names(domains)) {
    if (name %in% c("lone", "two_stages") && dom == "few") next
    s <- subset(designs[[name]], eval(domains[[dom]]))
    m <- svymean(~y + z, s, deff = TRUE); tot <- svytotal(~y, s, deff = TRUE)
    wr <- svymean(~y + z, s, deff = "replace")
    p <- svyciprop(~D, s, method = "logit")
    fit <- svyglm(y ~ D + z, s)
    ratio <- svyratio(~y, ~z, s, deff = TRUE)
    q <- svyquantile(~y, s, c(0.1, 0.5, 0.9), interval.type = "mean", qrule = "math")$y
    e <- list(design = name, lonely = rule, domain = dom, degf = degf(s), mean = plain(m), total = plain(tot),
      regression = list(estimate = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit))))),
      deff_mean = unname(deff(m)), deff_total = unname(deff(tot)), deff_replace = unname(deff(wr)),
      proportion = as.numeric(p), proportion_se = unname(sqrt(attr(p, "var"))[1]), proportion_ci = unname(as.numeric(confint(p))))
    f <- svychisq(~f + D, s, statistic = "F"); x2 <- svychisq(~f + D, s, statistic = "Chisq")
    e$rao_scott <- list(f = unname(f$statistic), df = unname(f$parameter), p = as.numeric(f$p.value), p_chisq = as.numeric(x2$p.value))
    e$t_difference <- unname(svyttest(y ~ D, s)$statistic)
    e$ratio <- c(plain(ratio), deff = as.vector(deff(ratio)))
    e$quantiles <- list(estimate = unname(q[, 1]), low = unname(q[, 2]), high = unname(q[, 3]), se = unname(q[, 4]))
    if (dom == "all") {
      by <- svyby(~y, ~D, s, svymean, covmat = TRUE)
      e$by <- list(estimate = unname(coef(by)), se = unname(SE(by)))
      ctr <- svycontrast(by, c(-1, 1)); e$difference <- list(estimate = as.numeric(ctr), se = unname(SE(ctr)))
    }
    out[[paste(name, rule, dom, sep = "_")]] <- e
  }
}
writeLines(toJSON(list(made_with = paste("R", getRversion(), "survey", packageVersion("survey")), cases = out),
  auto_unbox = TRUE, digits = NA, pretty = TRUE), "tests/reference/numbers/r_survey.json")
