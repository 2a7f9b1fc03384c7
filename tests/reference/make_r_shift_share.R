# AKM and AKM0 errors by ShiftShareSE in R, written to numbers/r_shift_share.json.
# ivreg_ss.fit and reg_ss.fit are the computing engines of the package; the numbers were made with its source of 2020.
# Run from the project's top folder:  Rscript tests/reference/make_r_shift_share.R
suppressPackageStartupMessages({library(ShiftShareSE); library(jsonlite)})
d <- read.csv("data/munnell.csv")
sectors <- c("hwy", "water", "util")
total <- rowSums(d[, sectors])
first <- d[d$yr == 1970, ]
shares <- as.matrix(first[match(d$state, first$state), sectors] / rowSums(first[match(d$state, first$state), sectors]))
national <- sapply(sectors, function(s) log(tapply(d[[s]], d$yr, sum)))
g <- national[as.character(d$yr), ]
z <- rowSums(shares * g)
years <- sort(unique(d$yr))
W <- do.call(cbind, lapply(years, function(t) shares * (d$yr == t)))
sector <- rep(sectors, length(years))
full <- model.matrix(~ log(emp) + factor(state) + factor(yr), d)
plain <- model.matrix(~ log(emp) + factor(yr), d)
late <- d$yr >= 1984
tell <- function(f) {
  list(beta = f$beta, akm = unname(f$se["AKM"]), akm_p = unname(f$p["AKM"]), akm0_p = unname(f$p["AKM0"]),
    akm0_low = unname(f$ci.l["AKM0"]), akm0_high = unname(f$ci.r["AKM0"]))
}
y <- log(d$gsp); x <- log(d$p_cap)
out <- list(
  full = tell(ivreg_ss.fit(y, x, z, W, full)),
  full_sector = tell(ivreg_ss.fit(y, x, z, W, full, sector_cvar = sector)),
  plain = tell(ivreg_ss.fit(y, x, z, W, plain)),
  plain_weighted = tell(ivreg_ss.fit(y, x, z, W, plain, w = d$emp)),
  plain_weighted_sector = tell(ivreg_ss.fit(y, x, z, W, plain, w = d$emp, sector_cvar = sector)),
  late = tell(ivreg_ss.fit(y[late], x[late], z[late], W[late, colSums(W[late, ]) > 0], plain[late, c(1, 2, 17, 18)])),
  reduced = tell(reg_ss.fit(y, z, W, full)),
  reduced_weighted = tell(reg_ss.fit(y, z, W, plain, w = d$emp)))
write(toJSON(list(software = R.version.string, ShiftShareSE = "ivreg_ss.fit and reg_ss.fit, source of 2020",
  command = "Rscript tests/reference/make_r_shift_share.R", cases = out), digits = NA, auto_unbox = TRUE, pretty = TRUE),
  "tests/reference/numbers/r_shift_share.json")
